//! The endpoints for sign-in with a password, and for sessions.

pub mod current;
pub mod enrol;
pub mod list;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod me;
pub mod passkey_options;
pub mod refresh;
pub mod revoke;
pub mod sign_in;
pub mod sign_in_options;
pub mod step_up;
pub mod step_up_options;
pub mod validate;
pub mod verify;
