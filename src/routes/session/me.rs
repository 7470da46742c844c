//! `GET /api/auth/me`: who am I.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use serde::Serialize;
use uuid::Uuid;

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

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StoreUnavailable`.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let user = caller::cached_session(&context, &request).await?.user;
    Ok(Response::ok(&MeResponse {
        id: user.id,
        username: &user.username,
        email: user.email.as_deref(),
        full_name: &user.name,
        is_active: user.is_active,
    }))
}
