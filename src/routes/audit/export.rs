//! `GET /api/auth/audit/export`: the audit log as JSON Lines, for administrators.

use crate::app::RequestContext;
use crate::app::administrator::Administrator;
use crate::app::audit_search;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::{Kind, Line, write_lines};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::query::{self, Query};
use crate::http::request::{Method, Request};
use crate::http::response::{NEXT, Response};
use crate::http::route::{Access, Guard, Route};
use crate::runtime::StoreError;
use crate::runtime::rate_limiter::Bucket;
use crate::store::audit_export::{self, Part, Rows};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/audit/export",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::AuditRead,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Maximum number of entries per page, and the default.
const MAX_LIMIT: u32 = 1_000;

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let query = Query::of(&request, &["after", "limit"])?;
    let after = query.get("after", |text| query::number(text, 0, u32::MAX))?;
    let limit = query.get("limit", |text| query::number(text, 1, MAX_LIMIT))?;
    let (after, limit) = (after.unwrap_or(0), limit.unwrap_or(MAX_LIMIT));
    let page = match audit_export::part(context.app.database, after, limit).await? {
        Part::Rows(rows) => Page::of_rows(&rows),
        Part::Archived(archive) => {
            let text = audit_search::object(context.app, &archive).await?;
            Page::of_object(&text, after, limit)?
        }
    };
    let detail = match page.numbers {
        Some((first, last)) => format!("entries {first} to {last}"),
        None => "no entries".to_owned(),
    };
    let entry = request.client_info().entry(&context, Kind::AuditExported)?;
    let entry = administrator.actor_of(entry);
    context.record(entry.detail(detail)).await?;
    let response = Response::lines(page.text);
    Ok(match page.numbers.filter(|_| page.has_more) {
        Some((_, last)) => response.with(NEXT, last.to_string()),
        None => response,
    })
}

/// A page of the export.
struct Page {
    text: String,
    /// The numbers of the first and the last entry.
    numbers: Option<(u32, u32)>,
    has_more: bool,
}

impl Page {
    fn of_rows(part: &Rows) -> Self {
        let ends = part.rows.first().zip(part.rows.last());
        Self {
            text: write_lines(&part.rows, &part.checkpoints, part.before.as_ref()),
            numbers: ends.map(|((first, _), (last, _))| (first.number, last.number)),
            has_more: part.has_more,
        }
    }

    /// The lines of an archive from the entry after this one on. Later entries follow, because the last entry of the log is never
    /// archived.
    fn of_object(object: &str, after: u32, limit: u32) -> Result<Self, StoreError> {
        let mut page = Self {
            text: String::new(),
            numbers: None,
            has_more: true,
        };
        let mut count = 0_u32;
        for line in object.lines() {
            let number = match Line::read(line).ok_or(StoreError::CorruptRow("archive_altered"))? {
                Line::Entry { number, .. } => {
                    if count == limit {
                        break;
                    }
                    if number > after {
                        count = count.saturating_add(1);
                        let first = page.numbers.map_or(number, |(first, _)| first);
                        page.numbers = Some((first, number));
                    }
                    number
                }
                Line::Checkpoint { checkpoint, .. } => checkpoint.last,
            };
            if number > after {
                page.text.push_str(line);
                page.text.push('\n');
            }
        }
        Ok(page)
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    let _ = schemas;
    let entry = json!({
        "type": "entry",
        "number": 1,
        "id": "7d3f0c2e-5a55-4d3c-9a0a-0c7d4f1f2b11",
        "at": "2024-01-10T12:00:00Z",
        "kind": "sign_in",
        "outcome": "success",
        "actor": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "subject": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "name_key": null,
        "session": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "detail": "password",
        "client_hash": "2d9757a3061cf70911e089ef9a7c20d02ee218bfc74d4e0b979402789708f768",
        "request": "230b030023ae2822-SJC",
        "mac": "101c823cf97c99c1f8b3a54079bcaea17f2d2d9e297f1a21969777a32e408bfa"
    });
    let checkpoint = json!({
        "type": "checkpoint",
        "number": 1,
        "first": 1,
        "last": 1,
        "at": "2024-01-10T12:10:00Z",
        "key": "0f1e2d3c",
        "marks": "5a3c0b1e",
        "mac": "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730",
        "previous": null
    });
    Operation::new("exportAuditLog", "Audit log", "Export audit entries")
        .describe("Requires the role `admin` or higher. Entries are sorted from oldest to newest and contain neither address nor \
             `User-Agent`. Repeat the request with the value of the header `Edge-Auth-Next` as `after` until the header is absent. Append \
             the pages to one file; `cargo xtask audit verify --file` verifies it. Every request is recorded in the audit log.")
        .query(
            "after",
            "Only entries after the one with this number",
            &json!({"type": "integer", "minimum": 0, "default": 0}),
        )
        .query(
            "limit",
            "Maximum number of entries per page",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}),
        )
        .header("edge-auth-next", false)
        .returns_lines(
            "JSON Lines. `type` is `entry`, or `checkpoint` after the last entry that the checkpoint covers",
            &[entry, checkpoint],
        )
        .errors(query::errors("after"))
}
