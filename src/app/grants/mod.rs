//! What users allow OAuth clients: authorization requests and consents, and the tokens of the grants that follow.

pub mod authorization;
mod code;
pub mod consent;
mod refresh;
mod step;
pub mod tokens;

pub use code::CodeRequest;
pub use refresh::RefreshRequest;

use crate::domain::oauth_client::Scope;

/// The detail of an audit entry about a grant. Scopes and resource are texts of the configuration.
fn detail(client: impl std::fmt::Display, scope: &Scope, resource: Option<&str>) -> String {
    let resource = resource.unwrap_or("the user info endpoint");
    format!("client {client}: {} at {resource}", scope.as_str())
}
