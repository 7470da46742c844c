//! `GET` and `POST /oauth/userinfo`: tells a client about the user of an access token (`OpenID` Connect Core section 5.3).

use crate::app::{RequestContext, user_info};
use crate::domain::grant::ROLES;
use crate::domain::oauth_client::Scope;
use crate::domain::role::Role;
use crate::http::caller;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::user_info::UserInfo;
use serde::Serialize;

/// The path of both endpoints.
pub const PATH: &str = "/oauth/userinfo";

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: PATH,
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The endpoint for clients that use POST. The body is not read.
pub const POST_ROUTE: Route = Route {
    method: Method::Post,
    #[cfg(not(target_arch = "wasm32"))]
    operation: operation_of_post,
    ..ROUTE
};

/// Claims about the user. Each scope adds its own.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct UserInfoResponse {
    /// Id of the user.
    sub: String,
    /// Full name; scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    name: Option<String>,
    /// User name; scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    preferred_username: Option<String>,
    /// Time of the last change in seconds since 1970; scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "integer")))]
    updated_at: Option<i64>,
    /// E-mail address; scope `email`. Absent if it is unknown, or was made from the user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "string")))]
    email: Option<String>,
    /// Whether the user has confirmed the address with a link, or the identity source gave it; present with `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default, extend("type" = "boolean")))]
    email_verified: Option<bool>,
    /// Roles; scope `roles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default))]
    roles: Vec<Role>,
}

impl UserInfoResponse {
    fn of(user: UserInfo, scope: &Scope) -> Self {
        let (has_profile, has_email) = (scope.contains("profile"), scope.contains("email"));
        let email = user.email.filter(|_| has_email);
        Self {
            sub: user.id,
            name: has_profile.then_some(user.name),
            preferred_username: has_profile.then_some(user.username),
            updated_at: has_profile.then(|| user.updated_at.seconds()),
            email_verified: email.is_some().then_some(user.is_email_verified),
            email,
            roles: if scope.contains(ROLES) {
                vec![user.role]
            } else {
                Vec::new()
            },
        }
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let token = caller::bearer(request.authorization.as_deref()).ok_or(ErrorCode::NoToken)?;
    let found = user_info::find(&context, tokens, token).await?;
    let (user, scope) = found.ok_or(ErrorCode::InvalidToken)?;
    Ok(Response::ok(&UserInfoResponse::of(user, &scope)))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    described(
        Operation::new("getUserInfo", "OAuth", "Get claims about the user"),
        schemas,
    )
}

#[cfg(not(target_arch = "wasm32"))]
fn operation_of_post(
    schemas: &mut crate::http::operation::Schemas,
) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    described(
        Operation::new("postUserInfo", "OAuth", "Get claims about the user by POST"),
        schemas,
    )
}

#[cfg(not(target_arch = "wasm32"))]
fn described(
    operation: crate::http::operation::Operation,
    schemas: &mut crate::http::operation::Schemas,
) -> crate::http::operation::Operation {
    use serde_json::json;
    operation
        .describe(
            "Returns claims about the user of an access token (OpenID Connect Core section 5.3). The token must have been issued \
             without `resource` and with the scope `openid`. It is sent in the header `Authorization: Bearer`. The scopes \
             `profile`, `email` and `roles` add claims. Web applications of any origin may read the response.",
        )
        .returns::<UserInfoResponse>(
            schemas,
            json!({
                "sub": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "name": "John Doe",
                "preferred_username": "john",
                "updated_at": 1_704_888_000,
                "email": "john@example.com",
                "email_verified": true,
                "roles": ["user"]
            }),
        )
        .takes_user_info_token()
        .errors([ErrorCode::OauthDisabled, ErrorCode::StorageUnavailable])
}
