//! `GET /api/auth/validate`: is this token good, and whose is it.

use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::reply::{Reply, json};
use crate::web::request::Request;
use serde::Serialize;
use serde_json::value::RawValue;

/// The reply.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ValidateReply<'a> {
    /// Always true.
    pub success: bool,
    /// `Token is valid`.
    pub message: &'static str,
    /// Whose token it is.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "crate::account::user::User")
    )]
    pub user: &'a RawValue,
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
            user: &viewer.json,
        })
    });
    Ok(Reply::of(200, body.clone()))
}
