//! `POST /oauth/revoke`: revokes a token of the client (RFC 7009).

use super::about_token;
use crate::app::RequestContext;
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
    path: "/oauth/revoke",
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The response: an empty object. Clients look at the status only (RFC 7009 section 2.2).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct TokenRevoked {}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let requester = request.client_info();
    let (token, presented) = about_token::read(request).await?;
    let about = about_token::request(&context, tokens, &requester, &presented);
    about.revoke(&token).await?;
    Ok(Response::ok(&TokenRevoked {}))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("revokeAccessToken", "OAuth", "Revoke a token")
        .describe(
            "Revokes a token of the client that sends the request (RFC 7009). The revocation of an access token changes no \
             other token. The revocation of a refresh token ends its grant and revokes all tokens of the grant. Introspection shows \
             revoked tokens as not active. A service that verifies access tokens itself accepts them until they expire. The response \
             is the same for a token that is unknown, has expired or belongs to another client. Such a token is not changed.",
        )
        .takes_form::<about_token::TokenForm>(schemas, json!({"token": about_token::EXAMPLE}))
        .authenticates_client()
        .returns::<TokenRevoked>(schemas, json!({}))
        .errors([ErrorCode::OauthDisabled, ErrorCode::StorageUnavailable])
}
