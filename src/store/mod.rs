//! What is kept: one file a record, with its SQL and its KV key. D1 is the record; KV holds copies.

pub mod audit;
pub mod checkpoints;
pub mod copies;
pub mod d1;
pub mod deadline;
pub mod health;
pub mod integrity;
pub mod kv;
pub mod limits;
pub mod links;
pub mod passwords;
pub mod people;
pub mod proofs;
pub mod recent;
pub mod registration;
pub mod row;
pub mod sessions;
pub mod throttle;
pub mod users;
mod waits;

/// Why a store did not give what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It failed, or did not answer in time.
    #[error("store unavailable")]
    Unavailable,
    /// A row breaks our rules; names the column as the statement does.
    #[error("corrupt row: {0}")]
    CorruptRow(&'static str),
}
