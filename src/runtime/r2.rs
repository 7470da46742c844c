//! R2: text by key, with a timeout for each call.

use super::StoreError;
use super::timeout::timeout;
use worker::{Bucket as Binding, Data, Env};

/// Timeout of a call. Only the cron event, searches in archives and their verification wait for R2.
const R2_TIMEOUT_MS: u32 = 10_000;

/// Maximum size of an object that is read: an object of the audit log has about 1.2 MB. A larger one, which this service has not
/// written, would use up the memory of the isolate.
const MAX_OBJECT_BYTES: u64 = 4 << 20;

/// What a key contains.
#[derive(Debug)]
pub enum Content {
    /// There is no such object.
    Missing,
    /// It is not UTF-8, or larger than any object of this service.
    Invalid,
    /// A text.
    Text(String),
}

/// An R2 bucket.
#[derive(Debug)]
pub struct Bucket(Binding);

impl Bucket {
    /// The bucket that is bound under this name, if there is one.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        env.bucket(binding).ok().map(Self)
    }

    /// The text under a key.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get(&self, key: &str) -> Result<Content, StoreError> {
        within(async {
            let Some(object) = self.0.get(key).execute().await.map_err(unavailable)? else {
                return Ok(Content::Missing);
            };
            if object.size() > MAX_OBJECT_BYTES {
                return Ok(Content::Invalid);
            }
            let Some(body) = object.body() else {
                return Ok(Content::Missing);
            };
            let bytes = body.bytes().await.map_err(unavailable)?;
            Ok(String::from_utf8(bytes).map_or(Content::Invalid, Content::Text))
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
