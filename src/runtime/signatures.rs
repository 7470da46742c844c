//! Signatures of passkeys and of assertions of OAuth clients, verified by the platform's Web Cryptography: an ES256 verification takes
//! 40 µs there and 1 ms in WebAssembly. Native builds, which only tests and tools use, call `ring`.

use crate::domain::webauthn::cose::PublicKey;
use crate::domain::webauthn::{Refusal, Signed};

/// Verifies a signature.
///
/// # Errors
/// `PublicKey` if the platform cannot use the key, otherwise `Signature`.
pub async fn verify(signed: &Signed) -> Result<(), Refusal> {
    platform::verify(signed).await
}

/// Verifies that the platform can use the key, for example that a point is on its curve.
///
/// # Errors
/// `PublicKey`.
pub async fn check_key(key: &PublicKey) -> Result<(), Refusal> {
    platform::check_key(key).await
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use crate::domain::webauthn::cose::PublicKey;
    use crate::domain::webauthn::{Refusal, Signed};
    use crate::runtime::web_cryptography::{self, ES256};
    use base64ct::{Base64UrlUnpadded, Encoding};
    use web_sys::CryptoKey;

    const ED25519: &str = r#"{"name":"Ed25519"}"#;
    const RS256: &str = r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#;

    pub async fn verify(signed: &Signed) -> Result<(), Refusal> {
        let key = import(&signed.key).await?;
        let (message, signature) = (&signed.message, &signed.signature);
        let verified =
            web_cryptography::verify(algorithm(&signed.key), &key, message, signature).await;
        match verified {
            Some(true) => Ok(()),
            _ => Err(Refusal::Signature),
        }
    }

    pub async fn check_key(key: &PublicKey) -> Result<(), Refusal> {
        import(key).await.map(|_| ())
    }

    async fn import(key: &PublicKey) -> Result<CryptoKey, Refusal> {
        let imported = web_cryptography::import(&jwk(key), algorithm(key), "verify").await;
        imported.ok_or(Refusal::PublicKey)
    }

    fn algorithm(key: &PublicKey) -> &'static str {
        match key {
            PublicKey::Es256 { .. } => ES256,
            PublicKey::Ed25519(_) => ED25519,
            PublicKey::Rs256 { .. } => RS256,
        }
    }

    /// The key in the form of RFC 7517, which the platform reads for all algorithms.
    fn jwk(key: &PublicKey) -> String {
        let text = Base64UrlUnpadded::encode_string;
        match key {
            PublicKey::Es256 { x, y } => format!(
                r#"{{"kty":"EC","crv":"P-256","x":"{}","y":"{}"}}"#,
                text(x),
                text(y)
            ),
            PublicKey::Ed25519(x) => {
                format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, text(x))
            }
            PublicKey::Rs256 { n, e } => {
                format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, text(n), text(e))
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use crate::domain::webauthn::cose::PublicKey;
    use crate::domain::webauthn::{Refusal, Signed};
    use ring::agreement::{self, EphemeralPrivateKey, agree_ephemeral};
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };

    #[expect(
        clippy::unused_async,
        reason = "Web Cryptography, the other implementation, is asynchronous"
    )]
    pub async fn verify(signed: &Signed) -> Result<(), Refusal> {
        let (message, signature) = (&signed.message, &signed.signature);
        let verified = match &signed.key {
            PublicKey::Es256 { x, y } => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(x, y))
                    .verify(message, signature)
            }
            PublicKey::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            PublicKey::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        verified.map_err(|_| Refusal::Signature)
    }

    /// `ring` reads a key only to use it. Key agreement is a use that needs no signature.
    #[expect(
        clippy::unused_async,
        reason = "Web Cryptography, the other implementation, is asynchronous"
    )]
    pub async fn check_key(key: &PublicKey) -> Result<(), Refusal> {
        let PublicKey::Es256 { x, y } = key else {
            return Ok(());
        };
        let own = EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new());
        let point = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point(x, y));
        own.and_then(|own| agree_ephemeral(own, &point, |_| ()))
            .map_err(|_| Refusal::PublicKey)
    }

    /// The uncompressed form (SEC 1 section 2.3.3).
    fn point(x: &[u8; 32], y: &[u8; 32]) -> Vec<u8> {
        [&[4], x.as_slice(), y].concat()
    }
}
