//! `DELETE /api/auth/sessions/{id}`: the caller ends one of their own sessions.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::domain::audit::Kind;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::routes::responses::MessageResponse;
use crate::store::sessions::Revocation;

/// Answers the route. A session that had already been revoked, and whose row still exists, gets the same response, because
/// the earlier response may have been lost. Nothing is written then.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StoreUnavailable`; `SessionNotFound` if the caller has no such session.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let caller = caller::current_session(&context, &request).await?.user.id;
    let id = request.last_segment();
    let entry = request
        .client_info()
        .entry(&context, Kind::SessionRevoked)?;
    let entry = entry.by(caller).about(caller).of_session(id);
    let revoked = context.sign(entry.detail("owner"));
    let revocation = context
        .app
        .sessions
        .revoke(id, caller, context.now, [&revoked])
        .await?;
    if matches!(revocation, Revocation::NotFound) {
        return Err(Failure::SessionNotFound);
    }
    context.revoke_cached_session(revocation).await;
    Ok(Response::ok(&MessageResponse::new("Session ended")))
}
