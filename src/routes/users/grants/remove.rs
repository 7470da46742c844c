//! `DELETE /api/auth/users/{id}/grants/{grant}`: removes a connected application of a user.

use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::app::{RequestContext, connected_applications};
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::Kind;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::grants::grant_id;
use crate::routes::responses::MessageResponse;
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;
use crate::store::oauth_grants::remove::{Removal, Removed};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}/grants/{grant}",
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
    let user = administration.target(id, Action::RevokeGrants).await?;
    let removal = Removal {
        id: grant_id(&request, "grant")?,
        user: user.id,
        actor: Some(administration.actor.id),
    };
    let entry = administration.entry(Kind::GrantRevoked, user.id)?;
    match connected_applications::remove(&context, removal, entry, "administrator").await? {
        // A grant that had already been revoked gets the same response, because the earlier response may have been lost.
        Removed::Yes => Ok(Response::ok(&MessageResponse::new("Application removed"))),
        Removed::NotFound => Err(ErrorCode::GrantNotFound.into()),
        Removed::NotPermitted => Err(ErrorCode::NotPermitted.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::grants::grant_parameter;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("removeUserGrant", "Users", "Remove connected application of user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Revokes one grant of the user, and forgets \
             all consents of the user for its client. The request may be repeated.",
        )
        .parameter(id_parameter())
        .parameter(grant_parameter("grant", "Id of the grant, as returned by GET /users/{id}/grants"))
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Application removed"}),
        )
        .errors([
            ErrorCode::NotPermitted,
            ErrorCode::UserNotFound,
            ErrorCode::GrantNotFound,
        ])
}
