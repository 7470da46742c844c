//! KV: text by key, with a timeout for each call.

use super::StoreError;
use super::timeout::timeout;
use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use worker::{Env, KvError, KvStore};

/// Timeout of a call. After that, D1 is queried instead.
pub const KV_TIMEOUT_MS: u32 = 1_000;

/// KV refuses a shorter `expirationTtl`.
const MIN_LIFETIME_SECONDS: u64 = 60;

// The timeout of a read is in JavaScript. In Rust, the future that waits for the value or a timer, and the options of
// `KvStore::get`, cost 3 % more CPU time in a `/validate` that reads KV (ADR 33).
#[wasm_bindgen(inline_js = "
    export function readText(namespace, key, milliseconds) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(reject, milliseconds);
            const settle = (outcome) => (result) => {
                clearTimeout(timer);
                outcome(result);
            };
            namespace.get(key).then(settle(resolve), settle(reject));
        });
    }")]
extern "C" {
    #[wasm_bindgen(js_name = readText)]
    fn read_text(namespace: &JsValue, key: &str, milliseconds: u32) -> Promise;
}

/// A KV namespace.
#[derive(Debug)]
pub struct Kv {
    reader: JsValue,
    writer: KvStore,
}

impl Kv {
    /// The namespace that is bound under this name, if there is one.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        let writer = env.kv(binding).ok()?;
        let reader = Reflect::get(env, &binding.into()).ok()?;
        Some(Self { reader, writer })
    }

    /// The text under a key.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        let reading = read_text(&self.reader, key, KV_TIMEOUT_MS);
        let text = JsFuture::from(reading).await;
        Ok(text.map_err(|_| StoreError::Unavailable)?.as_string())
    }

    /// Writes a text that expires after this many seconds.
    ///
    /// # Errors
    /// `Unavailable`. After a timeout, the write may still take effect later.
    pub async fn put(
        &self,
        key: &str,
        value: &str,
        lifetime_seconds: i64,
        timeout_ms: u32,
    ) -> Result<(), StoreError> {
        let lifetime = u64::try_from(lifetime_seconds).unwrap_or(0);
        let write = self.writer.put(key, value).map_err(unavailable)?;
        let write = write.expiration_ttl(lifetime.max(MIN_LIFETIME_SECONDS));
        within(timeout_ms, write.execute()).await
    }

    /// Writes a text that does not expire.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn put_forever(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let write = self.writer.put(key, value).map_err(unavailable)?;
        within(KV_TIMEOUT_MS, write.execute()).await
    }
}

async fn within<T>(
    milliseconds: u32,
    call: impl Future<Output = Result<T, KvError>>,
) -> Result<T, StoreError> {
    let outcome = timeout(milliseconds, call).await;
    outcome
        .map_err(|_| StoreError::Unavailable)?
        .map_err(unavailable)
}

/// The error's own text may contain keys and stack traces.
fn unavailable(_: KvError) -> StoreError {
    StoreError::Unavailable
}
