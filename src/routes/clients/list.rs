//! `GET /api/auth/clients`: lists OAuth clients.

use crate::app::RequestContext;
use crate::domain::names;
use crate::domain::oauth_client::OauthClient;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::query::{self, Query};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::cursor;
use crate::runtime::rate_limiter::Bucket;
use crate::store::oauth_clients::{self, List};
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/clients",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, request, _| Box::pin(handle(context, request))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Number of clients per page if the request does not set it.
const DEFAULT_LIMIT: u32 = 50;
/// Maximum number of clients per page.
const MAX_LIMIT: u32 = 200;
/// Maximum number of bytes of a term: those of the longest name.
const MAX_TERM_BYTES: usize = 256;

/// A page of OAuth clients.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ListClientsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The clients, sorted by name without regard to case.
    pub clients: Vec<OauthClient>,
    /// `cursor` of the next page; null on the last page.
    pub next: Option<String>,
}

fn page(request: &Request) -> Result<List, ApiError> {
    let query = Query::of(request, &["term", "active", "limit", "cursor"])?;
    let term = query.get("term", term)?.unwrap_or_default();
    // A cursor of another search would find clients without this term.
    let place = |text: &str| {
        let (id, key) = cursor::read(text)?;
        key.starts_with(&term).then_some((key, id))
    };
    let limit = query.get("limit", |text| query::number(text, 1, MAX_LIMIT))?;
    Ok(List {
        after: query.get("cursor", place)?,
        is_active: query.get("active", |text| text.parse().ok())?,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        term,
    })
}

fn term(text: &str) -> Option<String> {
    let term = names::trimmed(text);
    (term.len() <= MAX_TERM_BYTES).then(|| names::search_key(term))
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let mut page = page(&request)?;
    let limit = page.limit as usize;
    // One more, to know whether there is another page.
    page.limit = page.limit.saturating_add(1);
    let mut clients = oauth_clients::list(context.app.database, &page).await?;
    let has_more = clients.len() > limit;
    clients.truncate(limit);
    let last = clients.last().filter(|_| has_more);
    let next = last.map(|client| {
        let key = names::search_key(&client.metadata.client_name);
        cursor::after(&client.client_id.to_string(), &key)
    });
    Ok(Response::ok(&ListClientsResponse {
        success: true,
        clients,
        next,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::example;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("listClients", "OAuth clients", "List OAuth clients")
        .describe("Requires the role `admin` or higher. Lists the clients whose name begins with `term`, or all, sorted by name.")
        .query(
            "term",
            "Beginning of the name, without regard to case",
            &json!({"type": "string", "maxLength": 256}),
        )
        .query(
            "active",
            "Only active or only disabled clients",
            &json!({"type": "boolean"}),
        )
        .query(
            "limit",
            "Maximum number of clients per page; the default is 50",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
        )
        .query("cursor", "`next` of the previous page", &json!({"type": "string"}))
        .returns::<ListClientsResponse>(
            schemas,
            json!({"success": true, "clients": [example()], "next": null}),
        )
        .errors(query::errors("limit"))
}
