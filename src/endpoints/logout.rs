//! `POST /api/auth/logout`: the session of this token ends. A token that is not ours has none, and that is no error.

use super::user_json::Done;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route.
///
/// # Errors
/// `StorageOut`: the client must not believe that it is signed out.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    if let Some(claims) = extract::claims_even_if_expired(&call, &request) {
        let ended = call
            .app
            .sessions
            .revoke(
                &claims.session.sid.record_id(),
                claims.session.user,
                call.now,
            )
            .await?;
        call.end_copies(ended).await;
    }
    Ok(Reply::ok(&Done::new("Logged out")))
}
