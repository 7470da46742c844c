//! `POST /api/auth/logout-all`: revokes all sessions of the caller, including that of the request.

use crate::app::{RequestContext, sessions};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/logout-all",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let user = session.user.id;
    let entry = request.client_info().entry(&context, Kind::SignOut)?;
    let entry = entry.in_own_session(&session);
    let signed_out = context.sign(entry.detail("all sessions"));
    sessions::revoke_all(&context, user, None, &signed_out).await?;
    let response = Response::ok(&MessageResponse::new("Logged out everywhere"));
    Ok(session_cookie::clear_sent(&context, &request, response))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("revokeAllSessions", "Sessions", "Revoke all sessions")
        .describe("Revokes all sessions of the caller, including that of the request.")
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Logged out everywhere"}),
        )
        .header("set-cookie", false)
}
