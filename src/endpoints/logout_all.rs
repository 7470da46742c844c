//! `POST /api/auth/logout-all`: every session of the caller ends, this one too.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`; `StorageOut`: then the client must not assume that its sessions are revoked.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let caller = extract::authority(&call, &request).await?;
    let user = caller.user.id;
    let entry = Origin::of(&request).entry(&call, Kind::SignOut)?;
    let entry = entry.by(user).about(user).of_session(&caller.id);
    let signed_out = call.sign(entry.detail("all sessions"));
    let ended = call
        .app
        .sessions
        .revoke_all(user, call.now, &signed_out)
        .await?;
    call.end_copies(ended).await;
    Ok(Reply::ok(&Done::new("Logged out everywhere")))
}
