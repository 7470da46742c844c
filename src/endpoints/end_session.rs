//! `DELETE /api/auth/sessions/{id}`: the caller ends one of their own sessions.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route. A session that has ended already, but is not forgotten yet, is ended again: the reply may have been
/// lost.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StorageOut`; `SessionNotFound` if the caller has no such session.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let caller = extract::authority(&call, &request).await?.user.id;
    let id = request.last_segment();
    let entry = Origin::of(&request).entry(&call, Kind::SessionRevoked)?;
    let revoked = call.sign(
        entry
            .by(caller)
            .about(caller)
            .of_session(id)
            .detail("owner"),
    );
    let ended = call
        .app
        .sessions
        .revoke(id, caller, call.now, [&revoked])
        .await?
        .ok_or(Failure::SessionNotFound)?;
    call.end_copies([ended]).await;
    Ok(Reply::ok(&Done::new("Session ended")))
}
