//! The endpoints for second factors, and the second step of a sign-in.

mod enrol;
mod list;
mod notices;
mod password;
mod recovery_codes;
mod step_up;
mod totp;
mod verify;
