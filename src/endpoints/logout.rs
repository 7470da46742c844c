//! `POST /api/auth/logout`: revokes the session of the token. Any token that this service issued is accepted, even if it was
//! rotated out, has expired or is older than `TOKENS_NOT_BEFORE`. Another token has no session, which is not an error.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route. A repeated request writes nothing.
///
/// # Errors
/// `TooManyRequests`; `StorageOut`: then the client must not assume that it is signed out.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let authentic = match extract::authentic(&call, &request).await {
        Ok(authentic) => authentic,
        Err(Failure::NoToken | Failure::InvalidToken) => return Ok(done()),
        Err(failure) => return Err(failure),
    };
    let session = &authentic.claims().session;
    let (id, user) = (session.sid.record_id(), session.user);
    let entry = Origin::of(&request).entry(&call, Kind::SignOut)?;
    let signed_out = call.sign(entry.by(user).about(user).of_session(&id));
    let revocation = call
        .app
        .sessions
        .revoke(&id, user, call.now, [&signed_out])
        .await?;
    call.end_copies_of(revocation).await;
    Ok(done())
}

fn done() -> Reply {
    Reply::ok(&Done::new("Logged out"))
}
