//! `DELETE /api/auth/users/{id}/sessions`: revokes all sessions of a user.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::app::sessions;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::Kind;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;
use crate::store::sessions::RevokedAll;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}/sessions",
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

/// Confirmation of a revocation.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RevokedSessionsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Human-readable text.
    pub message: &'static str,
    /// Number of sessions that were revoked.
    pub revoked_sessions: u32,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::RevokeSessions).await?;
    let entry = |kind| {
        let entry = administration.entry(kind, user.id)?;
        Ok::<_, ApiError>(context.sign(entry.detail("administrator")))
    };
    let entries = RevokedAll {
        sessions: &entry(Kind::SessionRevoked)?,
        grants: &entry(Kind::GrantRevoked)?,
    };
    let actor = Some(administration.actor.id);
    let revoked_sessions = sessions::revoke_all(&context, user.id, actor, entries).await?;
    let revoked_sessions = revoked_sessions.ok_or(ErrorCode::NotPermitted)?;
    Ok(Response::ok(&RevokedSessionsResponse {
        success: true,
        message: "Sessions ended",
        revoked_sessions,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("revokeUserSessions", "Users", "Revoke all sessions of user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Revokes all sessions of the \
             user, and all grants of the user to OAuth clients.",
        )
        .parameter(id_parameter())
        .returns::<RevokedSessionsResponse>(
            schemas,
            json!({"success": true, "message": "Sessions ended", "revoked_sessions": 2}),
        )
        .errors([ErrorCode::NotPermitted, ErrorCode::UserNotFound])
}
