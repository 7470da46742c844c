//! The endpoints for AWS credentials, and for sign-in with an AWS identity.

pub mod credentials;
pub mod login;
