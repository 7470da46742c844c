//! Grants: authorization requests, the consents of users, and the tokens of the resulting grants.

pub mod authorization;
mod code;
pub mod consent;
mod refresh;
mod step;
pub mod tokens;

pub use code::CodeRequest;
pub use refresh::RefreshRequest;

use crate::domain::oauth_client::Scope;

/// The detail of an audit entry about a grant. Scopes and resource come from the configuration.
fn detail(client: impl std::fmt::Display, scope: &Scope, resource: Option<&str>) -> String {
    let resource = resource.unwrap_or("the user info endpoint");
    format!("client {client}: {} at {resource}", scope.as_str())
}
