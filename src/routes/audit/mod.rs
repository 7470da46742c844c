//! The endpoints of the audit log.

pub mod search;
pub mod verify;
