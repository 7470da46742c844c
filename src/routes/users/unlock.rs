//! `POST /api/auth/users/{id}/unlock`: removes the lockout of a user.

use super::user_id;
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users/{id}/unlock",
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
    administration.unlock(id).await?;
    Ok(Response::ok(&MessageResponse::new("User unlocked")))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::id_parameter;
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("unlockUser", "Users", "Unlock user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Deletes the counters of failed sign-ins of \
             the user on all devices. The request may be repeated.",
        )
        .parameter(id_parameter())
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "User unlocked"}))
        .errors([
            ErrorCode::NotPermitted,
            ErrorCode::UserNotFound,
            ErrorCode::ManagedByIdentitySource,
        ])
}
