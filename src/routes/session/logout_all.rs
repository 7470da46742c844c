//! `POST /api/auth/logout-all`: revokes all sessions of the caller, including that of the request.

use crate::app::error::AppError;
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
use crate::store::sessions::RevokedAll;

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
    let client = request.client_info();
    let entry = |kind, detail| {
        let entry = client.entry(&context, kind)?.in_own_session(&session);
        Ok::<_, AppError>(context.sign(entry.detail(detail)))
    };
    let entries = RevokedAll {
        sessions: &entry(Kind::SignOut, "all sessions")?,
        grants: &entry(Kind::GrantRevoked, "all sessions")?,
    };
    sessions::revoke_all(&context, user, None, entries).await?;
    let response = Response::ok(&MessageResponse::new("Logged out everywhere"));
    Ok(session_cookie::clear_sent(&context, &request, response))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("revokeAllSessions", "Sessions", "Revoke all sessions")
        .describe(
            "Revokes all sessions of the caller, including that of the request, and all grants of the caller to OAuth clients.",
        )
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Logged out everywhere"}),
        )
        .header("set-cookie", false)
}
