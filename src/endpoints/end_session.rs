//! `DELETE /api/auth/sessions/{id}`: the caller ends one of their own sessions.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::app::Call;
use crate::failure::Failure;
use crate::store::sessions::Revocation;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route. A session that had already been revoked, and whose row still exists, gets the same response, because
/// the earlier response may have been lost. Nothing is written then.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StorageOut`; `SessionNotFound` if the caller has no such session.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let caller = extract::authority(&call, &request).await?.user.id;
    let id = request.last_segment();
    let entry = Origin::of(&request).entry(&call, Kind::SessionRevoked)?;
    let entry = entry.by(caller).about(caller).of_session(id);
    let revoked = call.sign(entry.detail("owner"));
    let revocation = call
        .app
        .sessions
        .revoke(id, caller, call.now, [&revoked])
        .await?;
    if matches!(revocation, Revocation::NotFound) {
        return Err(Failure::SessionNotFound);
    }
    call.end_copies_of(revocation).await;
    Ok(Reply::ok(&Done::new("Session ended")))
}
