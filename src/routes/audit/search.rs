//! `GET /api/auth/audit`: lists entries of the audit log for administrators.

use crate::app::RequestContext;
use crate::app::audit_search::{self, Cursor, Page};
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::{ChainedRow, Client, Entry, Kind};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::query::{self, Query};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::audit::Search;
use crate::store::audit_names::{self, ActorNames};
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/audit",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(AdministrationScope::AuditRead, |context, request, _| {
        Box::pin(handle(context, request))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Number of entries per page if the request does not set it.
const DEFAULT_LIMIT: u32 = 50;
/// Maximum number of entries per page.
const MAX_LIMIT: u32 = 200;

/// A page of the audit log.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuditResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Entries, newest first; after those of the database, the archived ones from the highest number to the lowest.
    pub entries: Vec<AuditEntry>,
    /// Value of `cursor` for the next page; null on the last page. While archived entries are searched, a page may have fewer
    /// entries than `limit`, or no entry, although another page follows.
    pub next: Option<String>,
}

/// An entry of the audit log.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// Number of the entry: 1, 2, 3, … without gaps.
    pub number: u32,
    /// Random id of the entry.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Uuid"))]
    pub id: String,
    /// Time of the event.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Timestamp"))]
    pub at: String,
    /// Kind of the event.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Kind"))]
    pub kind: String,
    /// Whether the action succeeded.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "crate::domain::audit::Outcome")
    )]
    pub outcome: String,
    /// Id of the user or OAuth client that acted; null if unknown.
    pub actor: Option<String>,
    /// User name of the actor at the time of this request; null if there is no such user, for example because it was erased.
    pub actor_name: Option<String>,
    /// Name of the OAuth client that acted, at the time of this request; null if the actor is not a client, or was deleted.
    pub actor_client_name: Option<String>,
    /// Id of the user or OAuth client that the entry is about; null if there is none.
    pub subject: Option<String>,
    /// User name of the subject at the time of this request; null if there is no such user, for example because it was erased.
    pub subject_name: Option<String>,
    /// Name of the OAuth client that the entry is about, at the time of this request; null if the subject is not a client, or was
    /// deleted.
    pub subject_client_name: Option<String>,
    /// Keyed hash of a typed name that no user has; equal names have equal hashes.
    pub name_key: Option<String>,
    /// Id of the session, as in `/sessions`.
    pub session: Option<String>,
    /// Details in fixed words, which depend on `kind`.
    pub detail: Option<String>,
    /// Client address; null if it is unknown or was erased.
    pub address: Option<String>,
    /// The beginning of the `User-Agent` header, which the client chooses; null if it is unknown or was erased.
    pub device: Option<String>,
    /// `X-Request-Id` of the request: Cloudflare's ray id, or a random UUID.
    pub request: String,
}

impl AuditEntry {
    fn new((row, entry): (ChainedRow, Entry), names: &ActorNames) -> Self {
        let client = entry.client;
        let (address, device) = client.map_or(
            (None, None),
            |Client {
                 address, device, ..
             }| { (address, device) },
        );
        Self {
            number: row.number,
            id: entry.id,
            at: entry.at,
            kind: entry.kind,
            outcome: entry.outcome,
            actor_name: names.user(entry.actor.as_ref()),
            actor_client_name: names.client(entry.actor.as_ref()),
            subject_name: names.user(entry.subject.as_ref()),
            subject_client_name: names.client(entry.subject.as_ref()),
            actor: entry.actor,
            subject: entry.subject,
            name_key: entry.name_key,
            session: entry.session,
            detail: entry.detail,
            address,
            device,
            request: entry.request,
        }
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let (search, cursor) = search(&request)?;
    let Page { rows, next } = audit_search::search(context.app, search, cursor).await?;
    let entries = rows.iter().map(|(_, entry)| entry);
    let names = audit_names::names(context.app.database, entries).await?;
    let shown = rows.into_iter().map(|row| AuditEntry::new(row, &names));
    Ok(Response::ok(&AuditResponse {
        success: true,
        entries: shown.collect(),
        next: next.map(cursor_text),
    }))
}

/// Reads the search from the query of a request.
///
/// # Errors
/// The errors of [`Query`].
pub fn search(request: &Request) -> Result<(Search, Option<Cursor>), ApiError> {
    let names = ["user", "kind", "from", "to", "limit", "cursor"];
    let query = Query::of(request, &names)?;
    let limit = query.get("limit", |text| query::number(text, 1, MAX_LIMIT))?;
    let search = Search {
        user: query.get("user", user)?,
        kind: query.get("kind", Kind::parse)?,
        from: query.get("from", moment)?,
        to: query.get("to", moment)?,
        before: None,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
    };
    Ok((search, query.get("cursor", parse_cursor)?))
}

fn user(text: &str) -> Option<Uuid> {
    // `Uuid` also accepts other forms: without hyphens, in braces and as a URN.
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// Parses a time in any form of RFC 3339. In a query `+` stands for a space, so an offset such as `+01:00` that was not encoded
/// arrives with a space instead of its sign.
fn moment(text: &str) -> Option<Timestamp> {
    let sign = text.len().checked_sub("+01:00".len());
    match sign.and_then(|sign| text.split_at_checked(sign)) {
        Some((local, offset)) if offset.starts_with(' ') => {
            Timestamp::parse_rfc3339(&format!("{local}+{}", offset.trim_start()))
        }
        _ => Timestamp::parse_rfc3339(text),
    }
}

/// Prefix of a cursor that begins among the archived entries.
const ARCHIVED_CURSOR: &str = "archive.";

/// The text of a cursor.
#[must_use]
pub fn cursor_text(cursor: Cursor) -> String {
    match cursor {
        Cursor::Entry(at, number) => format!("{at}.{number}"),
        Cursor::Archived(before) => format!("{ARCHIVED_CURSOR}{before}"),
    }
}

/// The cursor of a text.
#[must_use]
pub fn parse_cursor(cursor: &str) -> Option<Cursor> {
    if let Some(before) = cursor.strip_prefix(ARCHIVED_CURSOR) {
        return query::number(before, 1, u32::MAX).map(Cursor::Archived);
    }
    let (at, number) = cursor.rsplit_once('.')?;
    let number = query::number(number, 1, u32::MAX)?;
    Some(Cursor::Entry(moment(at)?, number))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    let time =
        json!({"type": "string", "format": "date-time", "examples": ["2024-01-10T12:00:00Z"]});
    let entry = json!({
        "number": 1042,
        "id": "7d3f0c2e-5a55-4d3c-9a0a-0c7d4f1f2b11",
        "at": "2024-01-10T12:00:00Z",
        "kind": "sign_in",
        "outcome": "success",
        "actor": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "actor_name": "john",
        "actor_client_name": null,
        "subject": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "subject_name": "john",
        "subject_client_name": null,
        "name_key": null,
        "session": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "detail": "password",
        "address": "203.0.113.9",
        "device": "curl/8.5.0",
        "request": "230b030023ae2822-SJC"
    });
    Operation::new("listAuditEntries", "Audit log", "List audit entries")
        .describe("Requires the role `admin` or higher. Entries are sorted from newest to oldest. Use /audit/verify to check the integrity of the log.")
        .query(
            "user",
            "Id of a user or an OAuth client. Returns only entries with this actor or subject",
            &json!({"type": "string", "format": "uuid"}),
        )
        .query(
            "kind",
            "Only entries of this kind",
            &json!({"type": "string", "enum": Kind::ALL.map(Kind::as_str).as_slice()}),
        )
        .query("from", "Only entries at or after this time", &time)
        .query("to", "Only entries at or before this time", &time)
        .query(
            "limit",
            "Maximum number of entries per page",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        )
        .query("cursor", "`next` of the previous page", &json!({"type": "string"}))
        .returns::<AuditResponse>(schemas, json!({"success": true, "entries": [entry], "next": "2024-01-10T12:00:00Z.1042"}))
        .errors(query::errors("kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_is_time_and_number_of_an_entry() {
        let at = Timestamp::from_seconds(0);
        for text in ["1970-01-01T00:00:00Z.7", "1970-01-01T00:00:00.5Z.7"] {
            assert_eq!(parse_cursor(text), Some(Cursor::Entry(at, 7)));
        }
        let archived = Cursor::Archived(7);
        assert_eq!(parse_cursor(&cursor_text(archived)), Some(archived));
        for text in [
            "",
            ".",
            "7",
            "archive.",
            "archive.0",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z.0",
            "1970-01-01T00:00:00Z.-7",
        ] {
            assert_eq!(parse_cursor(text), None, "{text}");
        }
    }

    #[test]
    fn time_may_have_an_offset_that_was_not_encoded() {
        let noon = Timestamp::parse("2024-01-10T12:00:00Z");
        for text in [
            "2024-01-10T12:00:00Z",
            "2024-01-10T13:00:00+01:00",
            "2024-01-10T13:00:00 01:00",
            "2024-01-10T13:00:00.25 01:00",
            "2024-01-10 13:00:00 01:00",
            "2024-01-10T11:00:00-01:00",
        ] {
            assert_eq!(moment(text), noon, "{text}");
        }
        for text in [
            "",
            " 01:00",
            "2024-01-10 12:00",
            "2024-01-10T12:00:00  1:00",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn user_is_a_uuid_in_its_usual_form() {
        assert!(user("1b4e28ba-2fa1-41d2-883f-0016d3cca427").is_some());
        for text in [
            "",
            "ada",
            "1b4e28ba2fa141d2883f0016d3cca427",
            "{1b4e28ba-2fa1-41d2-883f-0016d3cca427}",
        ] {
            assert_eq!(user(text), None, "{text}");
        }
    }
}
