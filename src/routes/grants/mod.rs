//! `/api/auth/grants`: the connected applications of the caller, which are grants to OAuth clients.

pub mod list;
pub mod remove;

use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;
use crate::http::request::Request;
use uuid::Uuid;

/// The id of a grant in the parameter of the path with this name.
///
/// # Errors
/// `GrantNotFound` if it is not an id.
pub fn grant_id(request: &Request, parameter: &str) -> Result<Uuid, ApiError> {
    let text = request.parameter(parameter);
    // `Uuid` also accepts other forms: without hyphens, in braces and as a URN.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| ErrorCode::GrantNotFound.into())
}

/// The parameter of the path with the id of a grant, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn grant_parameter(name: &str, description: &str) -> serde_json::Value {
    serde_json::json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": {"type": "string", "format": "uuid"}
    })
}

/// A connected application, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn example() -> serde_json::Value {
    serde_json::json!({
        "id": "0b5c7c0e-2d2f-4c7e-9d7b-3f1a6c1f9e21",
        "client": {
            "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
            "name": "Dashboards"
        },
        "redirect_host": "dashboards.example.com",
        "resource": {"uri": "https://api.example.com/v1", "name": "Reports"},
        "scopes": ["openid", "offline_access", "reports:read"],
        "created_at": "2024-01-10T12:00:00Z",
        "last_used_at": "2024-01-10T18:00:00Z"
    })
}
