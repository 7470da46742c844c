//! `GET /api/auth/users/{id}/export`: everything that is kept about a user.

use super::user_id;
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::app::audit_search::{self, Page};
use crate::app::email::BUDGETS_OF_USERS;
use crate::domain::administration::Action;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::{ChainedRow, Entry, Kind};
use crate::domain::user::AdminUser;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::query::{self, Query};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::audit::search::{cursor_text, parse_cursor};
use crate::runtime::rate_limiter::Bucket;
use crate::store::audit::Search;
use crate::store::users::kept::{self, Kept, KeptCounter, KeptLink, KeptSession};
use crate::store::users::kept_factors::KeptFactors;
use crate::store::users::kept_grants::KeptGrants;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/users/{id}/export",
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

/// Maximum number of audit entries of a page, and the default.
const MAX_LIMIT: u32 = 200;

/// Everything that is kept about a user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct PersonalExport {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The user.
    pub user: AdminUser,
    /// The id that the identity source gives the user; null for password users.
    pub subject: Option<String>,
    /// Sessions, live ones first, 1,000 at most.
    pub sessions: Vec<KeptSession>,
    /// One-time links, without their secrets.
    pub links: Vec<KeptLink>,
    /// Second factors, without their secrets.
    pub factors: KeptFactors,
    /// Grants and consents of the user for OAuth clients.
    pub oauth: KeptGrants,
    /// Counters about the user and about the user's sessions.
    pub counters: Vec<KeptCounter>,
    /// Audit entries about the user and by the user, newest first.
    pub audit: Vec<PersonalEntry>,
    /// Value of `cursor` for the next page of audit entries; null on the last page.
    pub next: Option<String>,
}

/// An audit entry about a user or by the user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct PersonalEntry {
    /// Number of the entry.
    pub number: u32,
    /// Time of the event.
    pub at: String,
    /// Kind of the event.
    pub kind: String,
    /// Whether the action succeeded.
    pub outcome: String,
    /// Id of the user or OAuth client that acted; null if unknown.
    pub actor: Option<String>,
    /// Id of the user or OAuth client that the entry is about.
    pub subject: Option<String>,
    /// Id of the session.
    pub session: Option<String>,
    /// Details in fixed words.
    pub detail: Option<String>,
    /// Client address; null if it is unknown, was erased, or is that of another user.
    pub address: Option<String>,
    /// The beginning of the `User-Agent` header; null if it is unknown, was erased, or is that of another user.
    pub device: Option<String>,
}

impl PersonalEntry {
    /// The client of an entry is that of its actor.
    fn new((row, entry): (ChainedRow, Entry), user: &str) -> Self {
        let is_of_another = entry.actor.as_deref().is_some_and(|actor| actor != user);
        let client = entry.client.filter(|_| !is_of_another);
        let (address, device) =
            client.map_or((None, None), |client| (client.address, client.device));
        Self {
            number: row.number,
            at: entry.at,
            kind: entry.kind,
            outcome: entry.outcome,
            actor: entry.actor,
            subject: entry.subject,
            session: entry.session,
            detail: entry.detail,
            address,
            device,
        }
    }
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let query = Query::of(&request, &["limit", "cursor"])?;
    let limit = query.get("limit", |text| query::number(text, 1, MAX_LIMIT))?;
    let cursor = query.get("cursor", parse_cursor)?;
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let user = administration.target(id, Action::Export).await?;
    let search = Search {
        user: Some(id),
        kind: None,
        from: None,
        to: None,
        before: None,
        limit: limit.unwrap_or(MAX_LIMIT),
    };
    let Page { rows, next } = audit_search::search(context.app, search, cursor).await?;
    let entry = context.sign(administration.entry(Kind::UserExported, id)?);
    let kept = kept::kept(context.app.database, id, BUDGETS_OF_USERS, &entry).await?;
    let Kept {
        subject,
        sessions,
        links,
        factors,
        oauth,
        counters,
    } = kept;
    let id = id.to_string();
    let audit = rows.into_iter().map(|row| PersonalEntry::new(row, &id));
    Ok(Response::ok(&PersonalExport {
        success: true,
        user,
        subject,
        sessions,
        links,
        factors,
        oauth,
        counters,
        audit: audit.collect(),
        next: next.map(cursor_text),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::id_parameter;
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("exportUser", "Users", "Export user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Returns everything that is kept \
             about a user, without secrets: profile, sessions, links, second factors, grants for OAuth clients, counters and audit \
             entries. A request returns one page of audit entries. The client addresses of other users are omitted.",
        )
        .parameter(id_parameter())
        .query(
            "limit",
            "Maximum number of audit entries, 1 to 200",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}),
        )
        .query("cursor", "`next` of the previous page", &json!({"type": "string"}))
        .returns::<PersonalExport>(
            schemas,
            json!({
                "success": true,
                "user": examples::admin_user(),
                "subject": null,
                "sessions": [{
                    "id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
                    "created_at": "2024-01-10T12:00:00Z",
                    "refreshed_at": "2024-01-10T12:00:00Z",
                    "last_used_at": null,
                    "authenticated_at": null,
                    "ends_at": "2024-02-09T12:00:00Z",
                    "revoked_at": null,
                    "is_cookie": true,
                    "method": "password",
                    "factor": "totp",
                    "factor_at": "2024-01-10T12:00:00Z",
                    "device": "curl/8.5.0",
                    "address": "192.0.2.7",
                    "country": "DE",
                    "refresh_device": null,
                    "refresh_address": null,
                    "refresh_country": null
                }],
                "links": [{
                    "purpose": "set_password",
                    "email": "john@example.com",
                    "created_at": "2024-01-10T12:00:00Z",
                    "expires_at": "2024-01-10T13:00:00Z"
                }],
                "factors": {
                    "passkeys": [],
                    "totp": {"created_at": "2024-01-10T12:00:00Z", "confirmed_at": "2024-01-10T12:01:00Z"},
                    "recovery_codes": [{"created_at": "2024-01-10T12:01:00Z", "used_at": null}],
                    "pending_sign_ins": [],
                },
                "oauth": oauth_example(),
                "counters": [{
                    "key": "account:1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                    "count": 2,
                    "at": "2024-02-09T12:00:00Z"
                }],
                "audit": [{
                    "number": 1042,
                    "at": "2024-01-10T12:00:00Z",
                    "kind": "sign_in",
                    "outcome": "success",
                    "actor": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                    "subject": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                    "session": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
                    "detail": "password",
                    "address": "192.0.2.7",
                    "device": "curl/8.5.0"
                }],
                "next": null
            }),
        )
        .errors([ErrorCode::UserNotFound, ErrorCode::NotPermitted])
        .errors(query::errors("limit"))
}

/// Example of the grants and consents of a user.
#[cfg(not(target_arch = "wasm32"))]
fn oauth_example() -> serde_json::Value {
    serde_json::json!({
        "grants": [{
            "id": "b0a1f7c6-5d0e-4b52-9c3a-6a2f4f9f8f11",
            "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
            "session_id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
            "redirect_uri": "https://app.example.com/callback",
            "resource": "https://api.example.com/v1",
            "scope": "reports:read offline_access",
            "authenticated_at": "2024-01-10T12:00:00Z",
            "created_at": "2024-01-10T12:05:00Z",
            "redeemed_at": "2024-01-10T12:05:01Z",
            "last_used_at": "2024-01-10T12:05:01Z",
            "expires_at": "2024-02-09T12:05:01Z",
            "ends_at": "2024-04-09T12:05:00Z",
            "is_revoked": false,
            "revoked_at": null
        }],
        "consents": [{
            "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
            "redirect_host": "app.example.com",
            "resource": "https://api.example.com/v1",
            "scope": "reports:read offline_access",
            "updated_at": "2024-01-10T12:05:00Z",
            "is_revoked": false
        }]
    })
}
