//! `GET /api/auth/sessions`: where the caller is signed in.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::store::sessions::SessionSummary;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The caller's live sessions.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionsResponse {
    /// Always true.
    pub success: bool,
    /// The live sessions, most recent sign-in first; 200 at most. A session is live until it is revoked or its token can no
    /// longer be refreshed.
    pub sessions: Vec<SessionEntry>,
}

/// A live session.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionEntry {
    /// Id for `DELETE /sessions/{id}`. It is not a secret.
    pub id: String,
    /// Time of the sign-in.
    pub created_at: Timestamp,
    /// Time of the last refresh, or of the sign-in if there was none.
    pub refreshed_at: Timestamp,
    /// Time of the last use, to within one hour.
    pub last_used_at: Timestamp,
    /// Time after which the session cannot be refreshed any more.
    pub ends_at: Timestamp,
    /// The beginning of the `User-Agent` header of the sign-in.
    pub device: Option<String>,
    /// The client address of the sign-in.
    pub address: Option<String>,
    /// The beginning of the `User-Agent` header of the last refresh; null if there was none.
    pub refresh_device: Option<String>,
    /// The client address of the last refresh; null if there was none.
    pub refresh_address: Option<String>,
    /// Whether this is the session of the request.
    pub is_current: bool,
}

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StoreUnavailable`.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let caller = caller::current_session(&context, &request).await?;
    let live = context
        .app
        .sessions
        .live_of(caller.user.id, context.now)
        .await?;
    let entry = |session: SessionSummary| SessionEntry {
        is_current: session.id == caller.id,
        id: session.id,
        created_at: session.created_at,
        refreshed_at: session.rotated_at,
        last_used_at: session.last_used_at,
        ends_at: session.ends_at,
        device: session.device,
        address: session.address,
        refresh_device: session.refresh_device,
        refresh_address: session.refresh_address,
    };
    Ok(Response::ok(&SessionsResponse {
        success: true,
        sessions: live.into_iter().map(entry).collect(),
    }))
}
