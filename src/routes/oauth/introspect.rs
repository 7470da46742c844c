//! `POST /oauth/introspect`: tells a client whether a token is active (RFC 7662).

use super::about_token;
use crate::app::RequestContext;
use crate::app::issued_tokens::ActiveToken;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/oauth/introspect",
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Whether a token is active (RFC 7662 section 2.2). If it is not, there are no other members.
#[derive(Default, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct TokenStatus {
    /// Whether the token can be used. An access token is active if this service issued it, it has not expired and was not revoked,
    /// its client is active, and its grant, if it has one, is live. A refresh token is active only for its own client.
    active: bool,
    /// Its claims.
    #[serde(flatten)]
    claims: Option<TokenClaims>,
}

/// The claims of an active token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
struct TokenClaims {
    /// `Bearer`; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    token_type: Option<&'static str>,
    /// Issuer.
    iss: String,
    /// Id of the user, or of the client if it acts for no user.
    sub: String,
    /// The resource; the issuer for the user info endpoint.
    aud: String,
    /// Id of the client.
    client_id: String,
    /// Time of expiry in seconds since 1970.
    exp: i64,
    /// Time of issue in seconds since 1970.
    iat: i64,
    /// Id of the token; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    jti: Option<uuid::Uuid>,
    /// Scopes, separated by spaces.
    scope: String,
}

impl TokenClaims {
    fn of(issuer: &str, token: ActiveToken) -> Self {
        let iss = issuer.to_owned();
        match token {
            ActiveToken::Access(claims) => Self {
                token_type: Some("Bearer"),
                iss,
                sub: claims.subject,
                aud: claims.audience,
                client_id: claims.client,
                exp: claims.expires_at.seconds(),
                iat: claims.issued_at.seconds(),
                jti: Some(claims.id),
                scope: claims.scope,
            },
            ActiveToken::Refresh(grant) => Self {
                token_type: None,
                aud: grant.resource.unwrap_or_else(|| iss.clone()),
                iss,
                sub: grant.user.to_string(),
                client_id: grant.client.to_string(),
                exp: grant.expires_at.seconds(),
                iat: grant.rotated_at.seconds(),
                jti: None,
                scope: grant.scope.as_str().to_owned(),
            },
        }
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let requester = request.client_info();
    let (token, presented) = about_token::read(request).await?;
    let about = about_token::request(&context, tokens, &requester, &presented);
    let claims = about.introspect(&token).await?;
    let issuer = &context.app.config.tokens.issuer;
    let claims = claims.map(|claims| TokenClaims::of(issuer, claims));
    Ok(Response::ok(&TokenStatus {
        active: claims.is_some(),
        claims,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("introspectAccessToken", "OAuth", "Introspect a token")
        .describe(
            "Tells a confidential OAuth client, such as a resource server, whether an access token is active (RFC 7662). The token may \
             belong to any client. A token is not active if this service did not issue it, if it has expired or was revoked, if its \
             client was disabled or deleted, or if its grant has ended. A client may also ask about its own refresh tokens.",
        )
        .takes_form::<about_token::TokenForm>(schemas, json!({"token": about_token::EXAMPLE}))
        .authenticates_client()
        .returns::<TokenStatus>(
            schemas,
            json!({
                "active": true,
                "token_type": "Bearer",
                "iss": "https://auth.example.com",
                "sub": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
                "aud": "https://api.example.com/v1",
                "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
                "exp": 1_704_888_600,
                "iat": 1_704_888_000,
                "jti": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "scope": "reports:read"
            }),
        )
        .errors([ErrorCode::OauthDisabled, ErrorCode::StorageUnavailable])
}
