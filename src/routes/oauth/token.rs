//! `POST /oauth/token`: issues tokens to an OAuth client (RFC 6749 section 3.2).

use crate::app::RequestContext;
use crate::app::client_authentication::TOKEN_PATH;
use crate::app::client_credentials::{self, IssuedAccessToken};
use crate::app::grants::tokens::{self, IssuedTokens, Requester};
use crate::app::grants::{CodeRequest, RefreshRequest};
use crate::domain::token::access_token::ACCESS_TOKEN_SECONDS;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::form::Form;
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

/// Access token, and the refresh token of a grant (RFC 6749 section 5.1).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AccessTokenResponse {
    /// The access token: a JWT that the resource verifies with the public keys.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Number of seconds until the token expires.
    pub expires_in: i64,
    /// Refresh token. Present if the tokens belong to a grant and the client is registered with the grant type `refresh_token`. Each
    /// use returns the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    pub refresh_token: Option<String>,
    /// ID token (`OpenID` Connect), if the user has allowed the scope `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    pub id_token: Option<String>,
    /// The scopes, separated by spaces. With a grant of a user, they include those that belong to no resource, such as
    /// `offline_access`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub scope: crate::domain::oauth_client::Scope,
}

impl AccessTokenResponse {
    fn of_client(issued: IssuedAccessToken) -> Response {
        let expires = issued.expires_at.to_string();
        let body = Self {
            access_token: issued.token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_SECONDS,
            refresh_token: None,
            id_token: None,
            scope: issued.scope,
        };
        Response::ok(&body).with(EXPIRES, expires)
    }

    fn of_grant(issued: IssuedTokens) -> Response {
        let seconds = issued.expires_at.seconds();
        let body = Self {
            access_token: issued.access_token,
            token_type: "Bearer",
            expires_in: seconds.saturating_sub(issued.issued_at.seconds()),
            refresh_token: issued.refresh_token,
            id_token: issued.id_token,
            scope: issued.scope,
        };
        Response::ok(&body).with(EXPIRES, issued.expires_at.to_string())
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let client_info = request.client_info();
    let authorization = request.authorization.clone();
    let mut form = body::form(request).await?;
    let grant_type = form.required("grant_type")?;
    let presented = |form: &mut Form| credentials::take(authorization.as_deref(), form);
    let requester = |presented| Requester {
        context: &context,
        tokens,
        client_info: &client_info,
        presented,
    };
    match grant_type.as_str() {
        "client_credentials" => {
            let presented = presented(&mut form)?;
            let (resource, scope) = (form.take("resource"), form.take("scope"));
            let request = client_credentials::TokenRequest {
                presented: &presented,
                resource: resource.as_deref(),
                scope: scope.as_deref(),
            };
            let issued = client_credentials::grant(&context, tokens, &client_info, &request);
            Ok(AccessTokenResponse::of_client(issued.await?))
        }
        "authorization_code" => {
            let presented = presented(&mut form)?;
            let (code, verifier) = (form.required("code")?, form.required("code_verifier")?);
            let (redirect_uri, resource) = (form.take("redirect_uri"), form.take("resource"));
            let request = tokens::TokenRequest::Code(CodeRequest {
                code: &code,
                verifier: &verifier,
                redirect_uri: redirect_uri.as_deref(),
                resource: resource.as_deref(),
            });
            let issued = requester(&presented).issue(request).await?;
            Ok(AccessTokenResponse::of_grant(issued))
        }
        "refresh_token" => {
            let presented = presented(&mut form)?;
            let token = form.required("refresh_token")?;
            let (resource, scope) = (form.take("resource"), form.take("scope"));
            let request = tokens::TokenRequest::Refresh(RefreshRequest {
                token: &token,
                scope: scope.as_deref(),
                resource: resource.as_deref(),
            });
            let issued = requester(&presented).issue(request).await?;
            Ok(AccessTokenResponse::of_grant(issued))
        }
        _ => Err(ErrorCode::UnsupportedGrantType.into()),
    }
}

/// A request for tokens, and the credentials of the client.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "AccessTokenRequest")]
#[expect(dead_code, reason = "describes the form")]
struct TokenForm {
    /// `client_credentials`, `authorization_code` or `refresh_token`.
    #[schemars(extend("enum" = ["client_credentials", "authorization_code", "refresh_token"]))]
    grant_type: String,
    /// URI of the resource: one of `OAUTH_RESOURCES`. Required with `client_credentials`. Otherwise optional, and equal to that of
    /// the authorization request.
    #[schemars(extend("type" = "string"))]
    resource: Option<String>,
    /// Scopes, separated by spaces; if absent, all that the client may have. With `refresh_token`, a subset of the scopes of the
    /// grant, for this access token only. Ignored with `authorization_code`.
    #[schemars(extend("type" = "string"))]
    scope: Option<String>,
    /// The authorization code. Required with `authorization_code`.
    #[schemars(extend("type" = "string"))]
    code: Option<String>,
    /// The code verifier (RFC 7636). Required with `authorization_code`.
    #[schemars(extend("type" = "string"))]
    code_verifier: Option<String>,
    /// The redirect URI of the authorization request. Optional with `authorization_code`.
    #[schemars(extend("type" = "string"))]
    redirect_uri: Option<String>,
    /// The refresh token. Required with `refresh_token`.
    #[schemars(extend("type" = "string"))]
    refresh_token: Option<String>,
    #[schemars(flatten)]
    client: crate::routes::oauth::ClientForm,
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::app::access_tokens::IssueError;
    use crate::http::operation::Operation;
    use crate::runtime::es256::UnusableKey;
    use serde_json::json;
    Operation::new("issueAccessToken", "OAuth", "Get tokens")
        .describe(
            "Issues tokens to an OAuth client: with an authorization code (RFC 6749 section 4.1.3) or a refresh token (section 6) \
             for a user, or to a confidential client for itself (section 4.4). An access token is for one resource (RFC 8707) and \
             expires after 10 minutes. A code is valid for 60 seconds and for one use. A second use ends the grant. Refresh tokens \
             rotate. Within `REFRESH_REPLAY_WINDOW`, an earlier token returns the current one. After that, its use ends the grant. \
             The client authenticates with the method that it is registered with: `none` (only `client_id`), \
             `client_secret_basic`, `client_secret_post` or `private_key_jwt`. An assertion is accepted once, and expires at most \
             5 minutes after it is sent. Web applications of any origin may read the response.",
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
            ErrorCode::InvalidGrant,
            ErrorCode::StorageUnavailable,
        ])
        .errors([IssueError::Key(UnusableKey)])
}
