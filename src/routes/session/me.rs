//! `GET /api/auth/me`: returns the user of the token.

use crate::http::caller::CachedCaller;
use crate::http::error::ErrorFormat;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/me",
    error_format: ErrorFormat::Detail,
    rate_limit: Bucket::Session,
    access: Access::CachedSession(|_, _, caller| Box::pin(std::future::ready(Ok(handle(&caller))))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The user of the token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MeResponse<'a> {
    /// Stable id of the user.
    pub id: Uuid,
    /// User name.
    pub username: &'a str,
    /// E-mail address; null if unknown.
    pub email: Option<&'a str>,
    /// Full name.
    pub full_name: &'a str,
    /// Always true, because disabled users have no sessions.
    pub is_active: bool,
}

fn handle(caller: &CachedCaller) -> Response {
    let user = &caller.user;
    Response::ok(&MeResponse {
        id: user.id,
        username: &user.username,
        email: user.email.as_deref(),
        full_name: &user.name,
        is_active: user.is_active,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("getCurrentUser", "Sessions", "Get current user")
        .describe("Uses cached sessions, as /validate does.")
        .returns::<MeResponse<'_>>(
            schemas,
            json!({
                "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "username": "john.doe",
                "email": "john.doe@example.com",
                "full_name": "John Doe",
                "is_active": true
            }),
        )
}
