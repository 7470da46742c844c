//! `GET /api/auth/validate`: checks a token and returns its user.

use crate::domain::user::User;
use crate::http::caller::CachedCaller;
use crate::http::error::ErrorFormat;
use crate::http::request::Method;
use crate::http::response::{Response, json};
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/validate",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::CachedSession(|_, _, caller| Box::pin(std::future::ready(Ok(handle(&caller))))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The user of a valid token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ValidateResponse<'a> {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// `Token is valid`.
    pub message: &'static str,
    /// The user of the token.
    pub user: &'a User,
}

fn handle(caller: &CachedCaller) -> Response {
    let body = caller.user.body(|user| {
        json(&ValidateResponse {
            success: true,
            message: "Token is valid",
            user,
        })
    });
    Response::of(200, body)
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("validateToken", "Sessions", "Validate token")
        .describe("Uses cached sessions. docs/concepts/caching-and-revocation.md states how soon a revoked session is refused.")
        .returns::<ValidateResponse<'_>>(
            schemas,
            json!({"success": true, "message": "Token is valid", "user": examples::user()}),
        )
}
