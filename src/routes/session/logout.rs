//! `POST /api/auth/logout`: revokes the session of the token or session cookie, and deletes the cookie. A token or
//! cookie that this service issued is accepted even if it was rotated out, has expired or is older than `TOKENS_NOT_BEFORE`. A token or
//! cookie that this service did not issue has no session, which is not an error.
//!
//! A cookie is deleted by its name. If the session was already revoked, a sign-in in another tab may have replaced the cookie, so
//! it is not deleted.

use crate::app::sessions::Revoked;
use crate::app::{RequestContext, sessions};
use crate::domain::audit::Kind;
use crate::http::caller::PresentedCredential;
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
    path: "/api/auth/logout",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Optional(|context, request, credential| {
        Box::pin(handle(context, request, credential))
    }),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    credential: PresentedCredential,
) -> Result<Response, ApiError> {
    let response = Response::ok(&MessageResponse::new("Logged out"));
    if let Some(claims) = credential.claims() {
        let session = &claims.session;
        let (id, user) = (session.sid.record_id(), session.user);
        let entry = request.client_info().entry(&context, Kind::SignOut)?;
        let signed_out = context.sign(entry.by(user).about(user).of_session(&id));
        if sessions::revoke(&context, &id, user, [&signed_out]).await? != Revoked::Now {
            return Ok(response);
        }
    }
    Ok(session_cookie::clear_sent(&context, &request, response))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("logout", "Sessions", "Sign out")
        .describe("Revokes the session of the token or session cookie, even if it was rotated out or is older than TOKENS_NOT_BEFORE, or if the \
             token has expired. Deletes the cookie, unless the session was already revoked, because a sign-in in another tab may have \
             replaced the cookie. Also responds with 200 if the request has neither, or if this service did not issue it. \
             The request may be repeated.")
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Logged out"}))
        .header("set-cookie", false)
        .errors([ErrorCode::StorageUnavailable])
}
