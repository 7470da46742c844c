//! The endpoints for sign-in with the device flow of IAM Identity Center.

pub mod approval;
pub mod authorize;
pub mod register_client;
pub mod token;
