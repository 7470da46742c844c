//! `GET /api/auth/users/{id}`: shows a user.

use super::{UserResponse, user_id, with_etag};
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/users/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::UsersRead,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let id = user_id(&request)?;
    let client = request.client_info();
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::Read).await?;
    let version = user.version;
    let response = Response::ok(&UserResponse {
        success: true,
        user,
    });
    Ok(with_etag(response, version))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::id_parameter;
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("getUser", "Users", "Get user")
        .describe("Requires the role `admin` or higher. The `ETag` of the response is the version of the user, for `If-Match`.")
        .parameter(id_parameter())
        .returns::<UserResponse>(
            schemas,
            json!({"success": true, "user": examples::admin_user()}),
        )
        .header("etag", true)
        .errors([ErrorCode::UserNotFound])
}
