//! `GET /api/auth/validate`: is this token good, and whose is it.

use crate::account::user::User;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::reply::{Reply, json};
use crate::web::request::Request;
use serde::Serialize;

/// The user of a valid token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ValidateReply<'a> {
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
/// `NoToken`, `InvalidToken`, `StorageOut`.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let viewer = extract::viewer(&call, &request).await?;
    let body = viewer.reply.get_or_init(|| {
        json(&ValidateReply {
            success: true,
            message: "Token is valid",
            user: &viewer.user,
        })
    });
    Ok(Reply::of(200, body.clone()))
}
