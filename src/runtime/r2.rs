//! R2: text by key, with a timeout for each call.

use super::StoreError;
use super::timeout::timeout;
use worker::{Bucket as Binding, Data, Env};

/// Timeout of a call. Only the cron event, searches in archives and their verification wait for R2.
const R2_TIMEOUT_MS: u32 = 10_000;

/// An R2 bucket.
#[derive(Debug)]
pub struct Bucket(Binding);

impl Bucket {
    /// The bucket that is bound under this name, if there is one.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        env.bucket(binding).ok().map(Self)
    }

    /// The text under a key; `None` if there is no such object, or if it is not UTF-8.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        within(async {
            let Some(object) = self.0.get(key).execute().await.map_err(unavailable)? else {
                return Ok(None);
            };
            let Some(body) = object.body() else {
                return Ok(None);
            };
            let bytes = body.bytes().await.map_err(unavailable)?;
            Ok(String::from_utf8(bytes).ok())
        })
        .await
    }

    /// Writes a text, in place of an object with the same key.
    ///
    /// # Errors
    /// `Unavailable`. After a timeout, the write may still take effect later.
    pub async fn put(&self, key: &str, text: String) -> Result<(), StoreError> {
        within(async {
            let write = self.0.put(key, Data::Text(text)).execute().await;
            write.map(drop).map_err(unavailable)
        })
        .await
    }
}

async fn within<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let outcome = timeout(R2_TIMEOUT_MS, call).await;
    outcome.map_err(|_| StoreError::Unavailable)?
}

/// The error's own text may contain keys and stack traces.
fn unavailable(_: worker::Error) -> StoreError {
    StoreError::Unavailable
}
