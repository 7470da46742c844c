//! `DELETE /api/auth/users/{id}`: erases a user.

use super::user_id;
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::precondition;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}",
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
    let version = precondition::if_match(&request)?;
    let id = user_id(&request)?;
    let client = request.client_info();
    let administration = Administration::new(&context, &client, &administrator);
    administration.erase(id, version).await?;
    Ok(Response::ok(&MessageResponse::new("User erased")))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{id_parameter, if_match_parameter};
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("eraseUser", "Users", "Erase user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Removes a user and everything that identifies \
             the user: profile, password, sessions, links, counters, and the client addresses and devices of the user's audit entries. The \
             entries stay and contain the random id of the user. This cannot be undone. A user of an identity source is created again at the \
             next sign-in.",
        )
        .parameter(id_parameter())
        .parameter(if_match_parameter())
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "User erased"}))
        .errors([
            ErrorCode::UserNotFound,
            ErrorCode::NotPermitted,
            ErrorCode::VersionMismatch,
            ErrorCode::PreconditionRequired,
        ])
}
