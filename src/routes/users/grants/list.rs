//! `GET /api/auth/users/{id}/grants`: lists the connected applications of a user.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::grants::list::GrantsResponse;
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/users/{id}/grants",
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
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::ReadGrants).await?;
    let grants = GrantsResponse::of(&context, user.id).await?;
    Ok(Response::ok(&grants))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use crate::routes::grants::example;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("listUserGrants", "Users", "List connected applications of user")
        .describe(
            "Requires the role `admin` or higher. The role `admin` shows the connected applications of users of role `user`, and the role \
             `super_admin` those of all users.",
        )
        .parameter(id_parameter())
        .returns::<GrantsResponse>(schemas, json!({"success": true, "grants": [example()]}))
        .errors([ErrorCode::NotPermitted, ErrorCode::UserNotFound])
}
