//! `/api/auth/clients`: registration of OAuth clients.

pub mod create;
pub mod delete;
pub mod list;
pub mod new_secret;
mod properties;
pub mod read;
pub mod revoke_grants;
pub mod update;

use crate::domain::oauth_client::OauthClient;
use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;
use crate::http::oauth_client_error::version_mismatch;
use crate::http::precondition;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::routes::users::with_etag;
use serde::Serialize;
use uuid::Uuid;

/// The response with an OAuth client.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ClientResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The client.
    pub client: OauthClient,
}

impl ClientResponse {
    /// The response with this client and its `ETag`.
    fn of(client: OauthClient) -> Response {
        let version = client.version;
        let response = Response::ok(&Self {
            success: true,
            client,
        });
        with_etag(response, version)
    }
}

/// The client id in the path.
///
/// # Errors
/// `ClientNotFound` if it is no id.
fn client_id(request: &Request) -> Result<Uuid, ApiError> {
    let text = request.parameter("id");
    // `Uuid` also accepts other forms: without hyphens, in braces and as a URN.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| ErrorCode::ClientNotFound.into())
}

/// The version that the administrator has seen; `None` for any.
///
/// # Errors
/// `PreconditionRequired`, `VersionMismatch`.
fn if_match(request: &Request) -> Result<Option<u32>, ApiError> {
    precondition::if_match(request).map_err(|error| match error.code() {
        ErrorCode::VersionMismatch => version_mismatch(),
        _ => error,
    })
}

/// The parameter `id` of the path, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
fn id_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "`client_id` of the OAuth client",
        "schema": {"type": "string", "format": "uuid"}
    })
}

/// The header `If-Match`, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
fn if_match_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "If-Match",
        "in": "header",
        "required": true,
        "description": "`ETag` of the OAuth client, or `*` for any version",
        "schema": {"type": "string", "examples": ["\"3\""]}
    })
}

/// An OAuth client, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
fn example() -> serde_json::Value {
    serde_json::json!({
        "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
        "kind": "confidential",
        "client_name": "Dashboards",
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": ["https://dashboards.example.com/callback"],
        "post_logout_redirect_uris": [],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "",
        "jwks": null,
        "is_active": true,
        "secret_created_at": "2024-01-10T12:00:00Z",
        "created_at": "2024-01-10T12:00:00Z",
        "updated_at": "2024-01-10T12:00:00Z",
        "created_by": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "last_used_at": null,
        "version": 1
    })
}
