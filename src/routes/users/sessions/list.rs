//! `GET /api/auth/users/{id}/sessions`: lists the live sessions of a user.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::session::list::SessionDetails;
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/users/{id}/sessions",
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

/// The live sessions of a user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct UserSessionsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The live sessions, most recent sign-in first; 200 at most.
    pub sessions: Vec<SessionDetails>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::ReadSessions).await?;
    let live = context
        .app
        .sessions
        .live_of(user.id, context.received_at)
        .await?;
    Ok(Response::ok(&UserSessionsResponse {
        success: true,
        sessions: live.into_iter().map(SessionDetails::from).collect(),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::{Operation, examples};
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("listUserSessions", "Users", "List sessions of user")
        .describe("Requires the role `admin` or higher. The role `admin` shows the sessions of users of role `user`, and the role `super_admin` the sessions of all users.")
        .parameter(id_parameter())
        .returns::<UserSessionsResponse>(
            schemas,
            json!({"success": true, "sessions": [examples::session()]}),
        )
        .errors([ErrorCode::NotPermitted, ErrorCode::UserNotFound])
}
