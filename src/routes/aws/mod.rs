//! AWS credentials, and sign-in with an AWS identity.

pub mod credentials;
pub mod login;
