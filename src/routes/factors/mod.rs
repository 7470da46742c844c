//! The endpoints for the second factors of a signed-in user.

pub mod list;
pub mod recovery_codes;
pub mod totp;
