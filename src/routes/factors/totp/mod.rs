//! The endpoints for one-time codes of authenticator apps.

pub mod confirm;
pub mod create;
pub mod remove;
