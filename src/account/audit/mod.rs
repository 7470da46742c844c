//! The audit log's rules: what an entry holds, how it is signed, and how rows are sealed one after the other so that who
//! alters, removes, moves or cuts off sealed rows is found out. Its SQL is in `store/audit.rs` and `store/seals.rs`.

mod chain;
mod entry;
mod keys;
mod verification;

pub use chain::{Head, Placed, SEAL_LENGTH, Seal, Signature, first_after};
pub use entry::{COMMAND_LINE, Entry, Kind, Outcome};
pub use keys::{AuditKeys, Signed};
pub use verification::{Broken, Reason, may_be_unsigned};
