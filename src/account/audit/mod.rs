//! The audit log's rules: what an entry holds, how it is signed, how rows are chained into checkpoints so that altering,
//! removing, moving or cutting off rows is found, and what the tables of D1 and the users must be. Its SQL is in
//! `store/audit.rs`, `store/checkpoints.rs` and `store/integrity.rs`.

mod accounts;
mod chain;
mod client;
mod entry;
mod keys;
mod schema;
mod verification;

pub use accounts::{Account, AccountChange, AccountField};
pub use chain::{CHECKPOINT_LENGTH, ChainedRow, Checkpoint, Head, Signature, first_after};
pub use client::Client;
pub use entry::{COMMAND_LINE, Entry, Kind, Outcome};
pub use keys::{AuditKeys, Signed};
pub use schema::{SchemaChange, SchemaDifference, SchemaObject, schema_changes};
pub use verification::{Verified, Violation, ViolationKind, may_be_unsigned};
