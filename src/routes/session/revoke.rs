//! `DELETE /api/auth/sessions/{id}`: revokes a session of the caller.

use crate::app::sessions::Revoked;
use crate::app::{RequestContext, sessions};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/sessions/{id}",
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
    let caller = session.user.id;
    let id = request.parameter("id");
    let entry = request
        .client_info()
        .entry(&context, Kind::SessionRevoked)?;
    let entry = entry.by(caller).about(caller).of_session(id);
    let revoked = context.sign(entry.detail("owner"));
    // A session that had already been revoked gets the same response, because the earlier response may have been lost.
    if sessions::revoke(&context, id, caller, [&revoked]).await? == Revoked::NotFound {
        return Err(ErrorCode::SessionNotFound.into());
    }
    let response = Response::ok(&MessageResponse::new("Session ended"));
    Ok(if id == session.id {
        session_cookie::clear_sent(&context, &request, response)
    } else {
        response
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("revokeSession", "Sessions", "Revoke session")
        .describe("Revokes a session of the caller, by its id in GET /sessions. The request may be repeated.")
        .parameter(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "description": "Id of the session, as returned by GET /sessions",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        }))
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Session ended"}),
        )
        .header("set-cookie", false)
        .errors([ErrorCode::SessionNotFound])
}
