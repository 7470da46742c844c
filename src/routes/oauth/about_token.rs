//! The form and the client authentication of introspection and revocation requests.

use crate::app::RequestContext;
use crate::app::access_tokens::AccessTokens;
use crate::app::client_authentication::PresentedClient;
use crate::app::client_info::ClientInfo;
use crate::app::issued_tokens::AboutToken;
use crate::http::error::ApiError;
use crate::http::request::Request;
use crate::http::{body, client_credentials};

/// A token, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
pub(super) const EXAMPLE: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRVXVkZnJfQ2tMTWpDRTE5RUNELVUiLCJ0eXAiOiJhdCtqd3QifQ...";

/// A token, and the credentials of the client.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "PresentedTokenRequest")]
#[expect(dead_code, reason = "describes the form")]
pub(super) struct TokenForm {
    /// The access token or refresh token.
    token: String,
    /// Ignored. The token itself shows whether it is an access token or a refresh token.
    #[schemars(extend("type" = "string"))]
    token_type_hint: Option<String>,
    #[schemars(flatten)]
    client: crate::routes::oauth::ClientForm,
}

/// Reads the token and the credentials of the client.
///
/// # Errors
/// Those of [`body::form`] and [`client_credentials::take`]; `MissingParameter`.
pub(super) async fn read(request: Request) -> Result<(String, PresentedClient), ApiError> {
    let authorization = request.authorization.clone();
    let mut form = body::form(request).await?;
    let token = form.required("token")?;
    let presented = client_credentials::take(authorization.as_deref(), &mut form)?;
    Ok((token, presented))
}

/// The request of this client.
pub(super) fn request<'a>(
    context: &'a RequestContext,
    tokens: &'a AccessTokens,
    requester: &'a ClientInfo,
    presented: &'a PresentedClient,
) -> AboutToken<'a> {
    AboutToken {
        context,
        tokens,
        requester,
        presented,
    }
}
