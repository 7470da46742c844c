//! The simulated services, one module each.

pub(crate) mod identity_store;
pub(crate) mod portal;
pub(crate) mod sso_oidc;
pub(crate) mod sts;
