//! The platform's services: D1, KV, the rate limiter, timeouts, tasks and the log.

pub mod d1;
pub mod deadline;
pub mod executor;
pub mod js_string;
pub mod kv;
pub mod log;
pub mod rate_limiter;
pub mod row;
pub mod ttl_cache;
pub mod wait;

/// Why a call of D1 or KV failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store failed, or did not respond before the timeout.
    #[error("store unavailable")]
    Unavailable,
    /// A row violates an invariant; holds the name of the column as the statement has it.
    #[error("corrupt row: {0}")]
    CorruptRow(&'static str),
}
