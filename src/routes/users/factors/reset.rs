//! `DELETE /api/auth/users/{id}/factors`: removes all second factors of a user.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::users::sessions::revoke_all::RevokedSessionsResponse;
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/users/{id}/factors",
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
    let revoked_sessions = administration.reset_factors(id).await?;
    Ok(Response::ok(&RevokedSessionsResponse {
        success: true,
        message: "Second factors removed",
        revoked_sessions,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("resetUserFactors", "Users", "Reset second factors of user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Removes all passkeys, the one-time codes and \
             the recovery codes of the user, the counter of wrong codes and the sign-ins that wait for a second factor, and revokes all \
             sessions. The password stays. If `MFA_POLICY` demands a second factor, the user adds one at the next sign-in. The user is told \
             by e-mail. The request may be repeated. Administrators remove their own factors in the account.",
        )
        .parameter(id_parameter())
        .returns::<RevokedSessionsResponse>(
            schemas,
            json!({"success": true, "message": "Second factors removed", "revoked_sessions": 2}),
        )
        .errors([ErrorCode::NotPermitted, ErrorCode::UserNotFound])
}
