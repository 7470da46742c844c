//! The platform's services: D1, KV, R2, static assets, the rate limiter, e-mail, timeouts, tasks, responses, the clock, randomness,
//! signatures and the log.

pub mod assets;
pub mod clock;
pub mod d1;
pub mod email;
pub mod es256;
pub mod executor;
pub mod kv;
pub mod log;
pub mod r2;
pub mod random;
pub mod rate_limiter;
pub mod response_cache;
pub mod row;
pub mod shared_text;
pub mod signatures;
pub mod task;
pub mod timeout;
pub mod ttl_cache;
#[cfg(target_arch = "wasm32")]
pub mod web_cryptography;
pub mod webhook;

/// Why a call to D1 or KV failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store failed, or did not respond before the timeout.
    #[error("store unavailable")]
    Unavailable,
    /// A write that the batch required changed nothing, so nothing was written.
    #[error("a required write changed nothing")]
    Conflict,
    /// A row violates an invariant; holds the name of the column as the statement has it.
    #[error("corrupt row: {0}")]
    CorruptRow(&'static str),
}
