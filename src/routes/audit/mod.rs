//! The endpoints of the audit log.

pub mod export;
pub mod search;
pub mod verify;
