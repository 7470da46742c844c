//! KV as we use it: text by key, each with a lifetime. worker's own wrapper builds an option object and two promises for
//! each read; this one passes the two calls through, since a read of KV is most of what `/validate` costs.

use super::StoreError;
use super::deadline::within;
use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[derive(Debug)]
    type KVNamespace;

    #[wasm_bindgen(method, catch)]
    fn get(this: &KVNamespace, key: &JsString) -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(
        this: &KVNamespace,
        key: &str,
        value: &str,
        options: &JsValue,
    ) -> Result<js_sys::Promise, JsValue>;
}

/// KV gets this long, in milliseconds, while a client waits; after that D1 is asked.
pub const TIMEOUT_MS: u32 = 1_000;

/// A KV namespace.
#[derive(Debug)]
pub struct Kv(KVNamespace);

impl Kv {
    /// Takes the binding over; `None` if it is not there.
    #[must_use]
    pub fn from_binding(binding: JsValue) -> Option<Self> {
        binding.is_object().then(|| Self(binding.unchecked_into()))
    }

    /// The text under a key.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get(&self, key: &JsString) -> Result<Option<JsString>, StoreError> {
        let promise = self.0.get(key).map_err(|_| StoreError::Unavailable)?;
        let value: JsValue = within(TIMEOUT_MS, promise).await?;
        Ok(value.dyn_into().ok())
    }

    /// Writes a text that is gone after `lifetime` seconds (KV takes no less than 60); gives up after `patience`
    /// milliseconds.
    ///
    /// # Errors
    /// `Unavailable`; after `patience` the write may still be done, and late.
    pub async fn put(
        &self,
        key: &str,
        value: &str,
        lifetime: i64,
        patience: u32,
    ) -> Result<(), StoreError> {
        let lifetime = JsValue::from(i32::try_from(lifetime.max(60)).unwrap_or(i32::MAX));
        let options = js_sys::Object::new();
        js_sys::Reflect::set(&options, &"expirationTtl".into(), &lifetime)
            .map_err(|_| StoreError::Unavailable)?;
        self.write(key, value, &options, patience).await
    }

    /// Writes a text that stays.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn keep(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(key, value, &JsValue::UNDEFINED, TIMEOUT_MS)
            .await
    }

    async fn write(
        &self,
        key: &str,
        value: &str,
        options: &JsValue,
        patience: u32,
    ) -> Result<(), StoreError> {
        let promise = self
            .0
            .put(key, value, options)
            .map_err(|_| StoreError::Unavailable)?;
        within::<JsValue>(patience, promise).await.map(drop)
    }
}
