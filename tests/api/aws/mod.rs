//! `/aws-login` and `/aws-credentials`.

mod credentials;
mod login;
