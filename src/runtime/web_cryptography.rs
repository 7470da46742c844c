//! The platform's Web Cryptography: keys are imported as JWK, and none of them can be exported again.

use js_sys::{Array, JSON, Object, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};

/// The algorithm ES256.
pub const ES256: &str = r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#;

/// Imports a key for one usage: `sign` or `verify`. `None` if the platform cannot use it.
pub async fn import(jwk: &str, algorithm: &str, usage: &str) -> Option<CryptoKey> {
    let usages = Array::of1(&JsValue::from_str(usage));
    let (jwk, algorithm) = (object(jwk)?, object(algorithm)?);
    let imported = subtle()?.import_key_with_object("jwk", &jwk, &algorithm, false, &usages);
    Some(settled(imported.ok()?).await?.unchecked_into())
}

/// Whether the signature is valid.
pub async fn verify(
    algorithm: &str,
    key: &CryptoKey,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let algorithm = object(algorithm)?;
    let verified =
        subtle()?.verify_with_object_and_u8_array_and_u8_array(&algorithm, key, signature, message);
    Some(settled(verified.ok()?).await?.is_truthy())
}

/// The signature of a message.
pub async fn sign(algorithm: &str, key: &CryptoKey, message: &[u8]) -> Option<Vec<u8>> {
    let algorithm = object(algorithm)?;
    let signed = subtle()?.sign_with_object_and_u8_array(&algorithm, key, message);
    let buffer = settled(signed.ok()?).await?;
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

async fn settled(promise: Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}

fn subtle() -> Option<SubtleCrypto> {
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    Some(scope.crypto().ok()?.subtle())
}

fn object(json: &str) -> Option<Object> {
    Some(JSON::parse(json).ok()?.unchecked_into())
}
