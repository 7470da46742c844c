//! What AWS says on the wire. Pure but for `client.rs`, the only place that fetches.

pub mod arn;
pub mod fault;
pub mod identity_store;
pub mod partition;
pub mod proof;
pub mod sigv4;
pub mod sso_oidc;
pub mod sso_portal;
pub mod sts;
pub mod wire;
mod xml;
