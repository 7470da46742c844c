//! The failures of use cases that the client did not cause.

use crate::runtime::StoreError;
use crate::runtime::random::RandomUnavailable;

/// A failure of a store, of AWS or of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppError {
    /// D1 or KV failed.
    Store(StoreError),
    /// Each time that this request tried to change a row, other requests had changed it.
    Contention,
    /// AWS failed or is not configured; holds a fixed code for the log.
    Aws(&'static str),
    /// The rate limit is exceeded; holds the seconds until the next request is admitted.
    RateLimited(u32),
    /// The runtime failed to provide a resource, such as random bytes, or took too long.
    Runtime,
}

/// The cause in [`AppError::Aws`] if AWS IAM Identity Center is not configured.
pub const NOT_CONFIGURED: &str = "not_configured";

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<RandomUnavailable> for AppError {
    fn from(_: RandomUnavailable) -> Self {
        Self::Runtime
    }
}
