//! The rules of the audit log: the content of an entry, its signature, the chain of rows and checkpoints that makes altered,
//! removed, moved and truncated rows detectable, and the expected state of the D1 tables and of users. The SQL is in
//! `store/audit.rs`, `store/checkpoints.rs` and `store/integrity.rs`.

mod accounts;
mod archive;
mod archived_account;
mod chain;
mod client;
mod entry;
mod export;
mod head;
mod keys;
mod kind;
mod lines;
mod schema;
mod verification;
mod webhook;

pub use accounts::{Account, AccountChange, AccountField};
pub use archive::{Archive, MAX_ARCHIVE_ROWS, archived_rows};
pub use archived_account::{ArchivedAccount, Stated, stated_accounts};
pub use chain::{ChainedRow, Checkpoint, MAX_CHECKPOINT_ROWS, first_after};
pub use client::Client;
pub use entry::Entry;
pub use export::{ExportFailure, ExportReport, verify_export};
pub use head::Head;
pub use keys::{AuditKeys, Signed};
pub use kind::{Kind, Outcome};
pub use lines::{Line, write_lines};
pub use schema::{SchemaChange, SchemaDifference, SchemaObject, schema_changes};
pub use verification::{Verified, Violation, ViolationKind};
pub use webhook::WebhookMessage;
