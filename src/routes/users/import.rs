//! `POST /api/auth/users/import`: adds users in bulk.

use super::require_same_administrator;
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administration::import::{self, LineOutcome, LineReport, MAX_LINES};
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::query::Query;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users/import",
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

/// The report about an import.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ImportResponse {
    /// Always true, also if lines were refused.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Whether the request was a dry run, which adds no user.
    pub dry_run: bool,
    /// Number of users that were added, or would be, with a password.
    pub created: usize,
    /// Number of users that were added, or would be, without a password.
    pub created_without_password: usize,
    /// Number of lines whose user exists.
    pub existing: usize,
    /// Number of lines that were refused.
    pub refused: usize,
    /// The outcome of each line that is not blank, in the order of the lines.
    pub lines: Vec<LineReport>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let query = Query::of(&request, &["dry_run"])?;
    let dry_run = query.get("dry_run", |text| text.parse().ok())?;
    let dry_run = dry_run.unwrap_or(false);
    let client = request.client_info();
    let text = body::lines(request).await?;
    require_same_administrator(&context, &administrator).await?;
    let lines: Vec<(usize, &str)> = (1..)
        .zip(text.split('\n').map(str::trim))
        .filter(|(_, line)| !line.is_empty())
        .take(MAX_LINES + 1)
        .collect();
    if lines.len() > MAX_LINES {
        return Err(ErrorCode::TooManyLines.into());
    }
    let administration = Administration::new(&context, &client, &administrator);
    let lines = import::run(&administration, &lines, dry_run).await?;
    let count = |outcome| lines.iter().filter(|line| line.outcome == outcome).count();
    let (created, created_without_password, existing) = (
        count(LineOutcome::Created),
        count(LineOutcome::CreatedWithoutPassword),
        count(LineOutcome::Exists),
    );
    let others = [created, created_without_password, existing];
    Ok(Response::ok(&ImportResponse {
        success: true,
        dry_run,
        created,
        created_without_password,
        existing,
        refused: lines.len().saturating_sub(others.iter().sum()),
        lines,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::app::administration::import::ImportLine;
    use crate::http::operation::Operation;
    use crate::http::query::errors;
    use serde_json::json;
    let line = |number: usize, outcome, user, hash| json!({"line": number, "outcome": outcome, "user": user, "password_hash": hash});
    Operation::new("importUsers", "Users", "Import users")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Adds password users from JSON Lines: 500 \
             lines and 1 MiB at most, and 16 KiB per line. A request adds all users that can be added, or no user if it fails. An existing user \
             is never changed, so the same lines can be sent again. Hashes of other systems are accepted and replaced at the first sign-in: \
             Argon2 up to 64 MiB and 10 passes, bcrypt up to cost 12, scrypt up to 32 MiB, PBKDF2-SHA-256 up to 600,000 rounds. A user \
             with another hash is added without a password. Only super administrators may import confirmed addresses.",
        )
        .query(
            "dry_run",
            "`true` returns the report without adding users",
            &json!({"type": "boolean", "default": false}),
        )
        .takes_lines::<ImportLine>(
            schemas,
            &[
                json!({
                    "username": "ada",
                    "email": "ada@example.com",
                    "password_hash": "$2b$12$b4D3JNh0cQsS.NrsTvcgLe6rbRPv09yJosZCdlvQISp7PgK3pWDvy"
                }),
                json!({"username": "grace", "email": "grace@example.com", "name": "Grace Hopper", "is_active": false}),
            ],
        )
        // A body without lines adds no user.
        .body_is_optional()
        .returns::<ImportResponse>(
            schemas,
            json!({
                "success": true,
                "dry_run": false,
                "created": 1,
                "created_without_password": 1,
                "existing": 0,
                "refused": 0,
                "lines": [
                    line(1, "created", json!("1b4e28ba-2fa1-41d2-883f-0016d3cca427"), json!("imported")),
                    line(2, "created_without_password", json!("6ba7b810-9dad-41d1-80b4-00c04fd430c8"), json!("none"))
                ]
            }),
        )
        .errors([ErrorCode::TooManyLines, ErrorCode::NotPermitted])
        .errors(errors("dry_run"))
}
