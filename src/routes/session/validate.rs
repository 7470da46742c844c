//! `GET /api/auth/validate`: is this token good, and whose is it.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::domain::user::User;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::{Response, json};
use serde::Serialize;

/// The user of a valid token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ValidateResponse<'a> {
    /// Always true.
    pub success: bool,
    /// `Token is valid`.
    pub message: &'static str,
    /// The user of the token.
    pub user: &'a User,
}

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StoreUnavailable`.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let viewer = caller::cached_session(&context, &request).await?;
    let body = viewer.response.get_or_init(|| {
        json(&ValidateResponse {
            success: true,
            message: "Token is valid",
            user: &viewer.user,
        })
    });
    Ok(Response::of(200, body.clone()))
}
