//! `GET /api/auth/users/{id}/factors`: the ways in which a user can sign in, and the second factors.

use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::factors::list::{RecoveryCodes, Totp};
use crate::routes::users::user_id;
use crate::runtime::rate_limiter::Bucket;
use crate::store::factors;
use crate::store::passkeys::{self, Passkey};
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/users/{id}/factors",
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

/// The ways in which a user can sign in, and the second factors.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct UserFactorsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// The one-time codes; null if there are none.
    pub totp: Option<Totp>,
    /// The recovery codes; null if there are none.
    pub recovery_codes: Option<RecoveryCodes>,
    /// Whether one-time codes and recovery codes are refused after 100 wrong ones in a row.
    pub codes_locked: bool,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::ReadFactors).await?;
    let database = context.app.database;
    let found = factors::overview(database, user.id).await?;
    let found = found.ok_or(ErrorCode::UserNotFound)?;
    Ok(Response::ok(&UserFactorsResponse {
        success: true,
        has_password: found.has_password,
        passkeys: passkeys::list(database, user.id).await?,
        totp: found.totp_created_at.map(|created_at| Totp { created_at }),
        recovery_codes: found.codes_created_at.map(|created_at| RecoveryCodes {
            remaining: found.codes_left,
            created_at,
        }),
        codes_locked: found.are_codes_locked,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::users::id_parameter;
    use serde_json::json;
    Operation::new("listUserFactors", "Users", "List second factors of user")
        .describe("Requires the role `admin` or higher. Returns the ways in which the user can sign in, and the second factors, without their secrets. \
             The role `admin` shows those of users of role `user`, and the role `super_admin` those of all users.")
        .parameter(id_parameter())
        .returns::<UserFactorsResponse>(
            schemas,
            json!({
                "success": true,
                "has_password": true,
                "passkeys": [],
                "totp": {"created_at": "2024-01-10T12:00:00Z"},
                "recovery_codes": {"remaining": 9, "created_at": "2024-01-10T12:00:00Z"},
                "codes_locked": false
            }),
        )
        .errors([ErrorCode::NotPermitted, ErrorCode::UserNotFound])
}
