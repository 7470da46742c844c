//! `GET /api/auth/me`: who am I.

use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::Serialize;
use uuid::Uuid;

/// The user of the token.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MeReply<'a> {
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
/// `NoToken`, `InvalidToken`, `StorageOut`.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let user = extract::viewer(&call, &request).await?.user;
    Ok(Reply::ok(&MeReply {
        id: user.id,
        username: &user.username,
        email: user.email.as_deref(),
        full_name: &user.name,
        is_active: user.is_active,
    }))
}
