//! The endpoints for sign-in with a password, and for sessions.

pub mod list;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod me;
pub mod refresh;
pub mod revoke;
pub mod validate;
