//! The device flow of IAM Identity Center: its handles, the polls of AWS, and the sign-in.

pub mod handles;
pub mod polls;
pub mod sign_in;
pub mod user;
