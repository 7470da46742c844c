//! `POST /api/auth/logout-all`: every session of the caller ends, this one too.

use crate::app::RequestContext;
use crate::app::failure::Failure;
use crate::domain::audit::Kind;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::routes::responses::MessageResponse;

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`; `StoreUnavailable`: then the client must not assume that its sessions are revoked.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let caller = caller::current_session(&context, &request).await?;
    let user = caller.user.id;
    let entry = request.client_info().entry(&context, Kind::SignOut)?;
    let entry = entry.by(user).about(user).of_session(&caller.id);
    let signed_out = context.sign(entry.detail("all sessions"));
    let ended = context
        .app
        .sessions
        .revoke_all(user, context.now, &signed_out)
        .await?;
    context.revoke_cached_sessions(ended).await;
    Ok(Response::ok(&MessageResponse::new("Logged out everywhere")))
}
