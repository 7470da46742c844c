//! The device flow of IAM Identity Center: its handles, the polls of AWS, and what the approval is for: a sign-in or a
//! step-up.

pub mod flow;
pub mod handles;
pub mod polls;
pub mod sign_in;
pub mod step_up;
pub mod user;
