//! `POST /oauth/token`: issues an access token to an OAuth client (RFC 6749 section 3.2).

use crate::app::RequestContext;
use crate::app::client_authentication::TOKEN_PATH;
use crate::app::client_credentials::{self, IssuedAccessToken, TokenRequest};
use crate::domain::token::access_token::ACCESS_TOKEN_SECONDS;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::{EXPIRES, Response};
use crate::http::route::{Access, Guard, Route};
use crate::http::{body, client_credentials as credentials};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint. Credentials of clients cannot be guessed, and many services may have one address, so the rate limit is that of
/// sessions.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: TOKEN_PATH,
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The only grant so far.
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// An access token (RFC 6749 section 5.1).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AccessTokenResponse {
    /// The access token: a JWT that the resource verifies with the public keys.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Number of seconds until the token expires.
    pub expires_in: i64,
    /// The scopes of the token, separated by spaces.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub scope: crate::domain::oauth_client::Scope,
}

impl AccessTokenResponse {
    fn response(issued: IssuedAccessToken) -> Response {
        let expires = issued.expires_at.to_string();
        let body = Self {
            access_token: issued.token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_SECONDS,
            scope: issued.scope,
        };
        Response::ok(&body).with(EXPIRES, expires)
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let requester = request.client_info();
    let authorization = request.authorization.clone();
    let mut form = body::form(request).await?;
    if form.required("grant_type")? != CLIENT_CREDENTIALS {
        return Err(ErrorCode::UnsupportedGrantType.into());
    }
    let presented = credentials::take(authorization.as_deref(), &mut form)?;
    let (resource, scope) = (form.take("resource"), form.take("scope"));
    let request = TokenRequest {
        presented: &presented,
        resource: resource.as_deref(),
        scope: scope.as_deref(),
    };
    let issued = client_credentials::grant(&context, tokens, &requester, &request).await?;
    Ok(AccessTokenResponse::response(issued))
}

/// A request for an access token, and the credentials of the client.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "AccessTokenRequest")]
#[expect(dead_code, reason = "describes the form")]
struct TokenForm {
    /// `client_credentials`.
    #[schemars(extend("const" = "client_credentials"))]
    grant_type: String,
    /// URI of the resource: one of `OAUTH_RESOURCES`.
    resource: String,
    /// Scopes, separated by spaces; if absent, all that the client may have at the resource.
    #[schemars(extend("type" = "string"))]
    scope: Option<String>,
    #[schemars(flatten)]
    client: crate::routes::oauth::ClientForm,
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::app::access_tokens::IssueError;
    use crate::http::operation::Operation;
    use crate::runtime::es256::UnusableKey;
    use serde_json::json;
    Operation::new("issueAccessToken", "OAuth", "Get an access token")
        .describe(
            "Issues an access token to a confidential OAuth client for itself (RFC 6749 section 4.4). The token is for one resource \
             (RFC 8707) and expires after 10 minutes; there is no refresh token. The client authenticates with the method that it is \
             registered with: `client_secret_basic`, `client_secret_post` or `private_key_jwt`. An assertion is accepted once, and expires \
             at most 5 minutes after it is sent. Web applications of any origin may read the response.",
        )
        .takes_form::<TokenForm>(
            schemas,
            json!({
                "grant_type": "client_credentials",
                "resource": "https://api.example.com/v1",
                "scope": "reports:read"
            }),
        )
        .authenticates_client()
        .returns::<AccessTokenResponse>(
            schemas,
            json!({
                "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRVXVkZnJfQ2tMTWpDRTE5RUNELVUiLCJ0eXAiOiJhdCtqd3QifQ...",
                "token_type": "Bearer",
                "expires_in": 600,
                "scope": "reports:read"
            }),
        )
        .header(EXPIRES, true)
        .errors([
            ErrorCode::OauthDisabled,
            ErrorCode::UnsupportedGrantType,
            ErrorCode::UnauthorizedClient,
            ErrorCode::InvalidTarget,
            ErrorCode::InvalidScope,
            ErrorCode::StorageUnavailable,
        ])
        .errors([IssueError::Key(UnusableKey)])
}
