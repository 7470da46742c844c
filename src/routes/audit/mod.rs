//! The audit log.

pub mod search;
pub mod verify;
