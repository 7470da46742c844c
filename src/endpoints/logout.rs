//! `POST /api/auth/logout`: the session of this token ends. A token that is not ours has none, and that is no error.

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
/// `StorageOut`: the client must not believe that it is signed out.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    if let Some(claims) = extract::claims_even_if_expired(&call, &request).await? {
        let (id, user) = (claims.session.sid.record_id(), claims.session.user);
        let entry = Origin::of(&request).entry(&call, Kind::SignOut)?;
        let signed_out = call.sign(entry.by(user).about(user).of_session(&id));
        let ended = call
            .app
            .sessions
            .revoke(&id, user, call.now, [&signed_out])
            .await?;
        call.end_copies(ended).await;
    }
    Ok(Reply::ok(&Done::new("Logged out")))
}
