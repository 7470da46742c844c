//! `POST /api/auth/logout`: revokes the session of the token. Any token that this service issued is accepted, even if it was
//! rotated out, has expired or is older than `TOKENS_NOT_BEFORE`. A token that this service did not issue has no session, which
//! is not an error.

use crate::app::{RequestContext, sessions};
use crate::domain::audit::Kind;
use crate::http::caller::PresentedToken;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/logout",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Token(|context, request, token| Box::pin(handle(context, request, token))),
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    token: PresentedToken,
) -> Result<Response, ApiError> {
    let Some(claims) = token.claims() else {
        return Ok(done());
    };
    let session = &claims.session;
    let (id, user) = (session.sid.record_id(), session.user);
    let entry = request.client_info().entry(&context, Kind::SignOut)?;
    let signed_out = context.sign(entry.by(user).about(user).of_session(&id));
    sessions::revoke(&context, &id, user, [&signed_out]).await?;
    Ok(done())
}

fn done() -> Response {
    Response::ok(&MessageResponse::new("Logged out"))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("logout", "Sessions", "Sign out")
        .describe("Revokes the session of the token, even if the token has expired, was rotated out or is older than TOKENS_NOT_BEFORE. \
             Also responds with 200 if there is no token or if this service did not issue it. The request may be repeated.")
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Logged out"}))
        .errors([ErrorCode::StorageUnavailable])
}
