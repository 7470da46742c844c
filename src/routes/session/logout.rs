//! `POST /api/auth/logout`: revokes the session of the token. Any token that this service issued is accepted, even if it was
//! rotated out, has expired or is older than `TOKENS_NOT_BEFORE`. Another token has no session, which is not an error.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::domain::audit::Kind;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::routes::responses::MessageResponse;

/// Answers the route. A repeated request writes nothing.
///
/// # Errors
/// `TooManyRequests`; `StoreUnavailable`: then the client must not assume that it is signed out.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let authentic = match caller::authentic(&context, &request).await {
        Ok(authentic) => authentic,
        Err(Failure::NoToken | Failure::InvalidToken) => return Ok(done()),
        Err(failure) => return Err(failure),
    };
    let session = &authentic.claims().session;
    let (id, user) = (session.sid.record_id(), session.user);
    let entry = request.client_info().entry(&context, Kind::SignOut)?;
    let signed_out = context.sign(entry.by(user).about(user).of_session(&id));
    let revocation = context
        .app
        .sessions
        .revoke(&id, user, context.now, [&signed_out])
        .await?;
    context.revoke_cached_session(revocation).await;
    Ok(done())
}

fn done() -> Response {
    Response::ok(&MessageResponse::new("Logged out"))
}
