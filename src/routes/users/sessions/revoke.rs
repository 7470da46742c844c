//! `DELETE /api/auth/users/{id}/sessions/{session}`: revokes a session of a user.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::app::sessions::{self, Revoked};
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::Kind;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;
use crate::store::sessions::Revoke;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}/sessions/{session}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::UsersWrite,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::RevokeSessions).await?;
    let revoked = request.parameter("session");
    let entry = administration.entry(Kind::SessionRevoked, user.id)?;
    let entry = context.sign(entry.of_session(revoked).detail("administrator"));
    let revoke = Revoke {
        id: revoked,
        user: user.id,
        actor: Some(administration.actor.id),
    };
    match sessions::revoke_as(&context, revoke, [&entry]).await? {
        // A session that had already been revoked gets the same response, because the earlier response may have been lost.
        Revoked::Now | Revoked::Earlier => Ok(Response::ok(&MessageResponse::new("Session ended"))),
        Revoked::NotFound => Err(ErrorCode::SessionNotFound.into()),
        Revoked::NotPermitted => Err(ErrorCode::NotPermitted.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("revokeUserSession", "Users", "Revoke session of user")
        .describe("Requires the role `admin` or higher and an authentication within the last 5 minutes. Revokes one session of the user. The request may be repeated.")
        .parameter(id_parameter())
        .parameter(json!({
            "name": "session",
            "in": "path",
            "required": true,
            "description": "Id of the session, as returned by GET /users/{id}/sessions",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        }))
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Session ended"}))
        .errors([
            ErrorCode::NotPermitted,
            ErrorCode::UserNotFound,
            ErrorCode::SessionNotFound,
        ])
}
