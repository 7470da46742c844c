//! `DELETE /api/auth/users/{id}`: erases a user.

use crate::app::RequestContext;
use crate::app::administration::erase::{self, Erased};
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::precondition;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, request, session| Box::pin(handle(context, request, session))),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let version = precondition::if_match(&request)?;
    let user = Uuid::try_parse(request.parameter("id"));
    let user = user.map_err(|_| ErrorCode::UserNotFound)?;
    let client = request.client_info();
    match erase::run(&context, &client, &session, user, version).await? {
        Erased::Done => Ok(Response::ok(&MessageResponse::new("User erased"))),
        Erased::NotFound => Err(ErrorCode::UserNotFound.into()),
        Erased::Changed => Err(ErrorCode::VersionMismatch.into()),
        Erased::Refused(_) => Err(ErrorCode::NotPermitted.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("eraseUser", "Users", "Erase user")
        .describe(
            "Removes a user and everything that identifies them: profile, password, sessions, links, counters, and the client addresses and \
             devices of their audit entries. The entries themselves stay and contain the random id of the user. This cannot be undone. A user \
             of an identity source is created again at the next sign-in.",
        )
        .parameter(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "description": "Id of the user",
            "schema": {"type": "string", "format": "uuid"}
        }))
        .parameter(json!({
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "ETag of the user, or * for any version",
            "schema": {"type": "string", "examples": ["\"7\""]}
        }))
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "User erased"}))
        .errors([
            ErrorCode::UserNotFound,
            ErrorCode::NotPermitted,
            ErrorCode::VersionMismatch,
            ErrorCode::PreconditionRequired,
        ])
}
