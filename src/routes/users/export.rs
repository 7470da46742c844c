//! `POST /api/auth/users/export`: all users as JSON Lines.

use super::require_same_administrator;
use crate::app::RequestContext;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::Kind;
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::{NEXT, Response, json};
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::users::export;
use serde::Deserialize;
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users/export",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::UsersRead,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Maximum number of users of a page, and the default.
const MAX_LIMIT: u32 = 1_000;

/// The page to return.
#[derive(Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
struct ExportRequest {
    /// `Edge-Auth-Next` of the previous page; absent or null for the first page.
    cursor: Option<Uuid>,
    /// Maximum number of users, 1 to 1,000; 1,000 if it is absent.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(range(min = 1, max = 1_000)))]
    limit: Option<u32>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: Option<ExportRequest> = body::optional_json(request, body::INVALID_BODY).await?;
    require_same_administrator(&context, &administrator).await?;
    let ExportRequest { cursor, limit } = body.unwrap_or_default();
    let limit = limit.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ErrorCode::InvalidField.into());
    }
    let after = cursor.map_or(String::new(), |id| id.to_string());
    let entry = client.entry(&context, Kind::UsersExported)?;
    let entry = administrator.actor_of(entry);
    let entry = context.sign(entry);
    let database = context.app.database;
    // One more user is read, to know whether there is another page.
    let mut users = export::page(database, &after, limit.saturating_add(1), &entry).await?;
    let has_more = users.len() > limit as usize;
    users.truncate(limit as usize);
    let text: String = users.iter().map(|user| json(user) + "\n").collect();
    let response = Response::lines(text);
    Ok(match users.last().filter(|_| has_more) {
        Some(last) => response.with(NEXT, last.id.to_string()),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::user::AdminUser;
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    let _ = schemas.responses.subschema_for::<AdminUser>();
    Operation::new("exportUsers", "Users", "Export users")
        .describe("Requires the role `admin` or higher and an authentication within the last 5 minutes. Returns all users as JSON Lines, one page \
             per request, in the order of their ids. Password hashes are not exported.")
        .takes::<ExportRequest>(schemas, body::INVALID_BODY, json!({"limit": 1000}))
        .body_is_optional()
        .returns_lines("JSON Lines, each with the schema AdminUser", &[examples::admin_user()])
        .header(NEXT, false)
}
