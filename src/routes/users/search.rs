//! `POST /api/auth/users/search`: lists and searches users. The term is in the body, because URLs are logged.

use super::AdminUser;
use crate::app::RequestContext;
use crate::app::administration::search::{self, Found, Query};
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::names;
use crate::domain::role::Role;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::cursor;
use crate::runtime::rate_limiter::Bucket;
use crate::store::users::list::{Order, Place, Sort};
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users/search",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(AdministrationScope::UsersRead, |context, request, _| {
        Box::pin(handle(context, request))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Number of users per page if the request does not set it.
const DEFAULT_LIMIT: u32 = 50;
/// Maximum number of users per page.
const MAX_LIMIT: u32 = 200;
/// Maximum number of bytes of a term and of the name of a source: those of the longest text that is searched.
const MAX_TEXT_BYTES: usize = 1024;

/// A search. Without a term, it lists all users that match the filters.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SearchUsersRequest {
    /// Beginning of user name, e-mail address or name, without regard to case. An empty one counts as absent.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    term: Option<String>,
    /// Only users of this role.
    role: Option<Role>,
    /// Only active or only disabled users.
    active: Option<bool>,
    /// Only users of this source: `password`, or the name of an identity source.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    source: Option<String>,
    /// What the list is sorted by; the default is `username`.
    sort: Option<Sort>,
    /// Direction of the list; the default is `asc`.
    order: Option<Order>,
    /// Maximum number of users per page; the default is 50.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(range(min = 1, max = 200)))]
    limit: Option<u32>,
    /// `next` of the previous page.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 4096)))]
    cursor: Option<String>,
}

/// A page of users.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SearchUsersResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The users. With a term, a page may have fewer users than `limit`, or none, although another page follows.
    pub users: Vec<AdminUser>,
    /// `cursor` of the next page; null on the last page.
    pub next: Option<String>,
}

impl SearchUsersRequest {
    fn query(self) -> Option<Query> {
        let is_short = |text: &Option<String>| {
            text.as_ref()
                .is_none_or(|text| text.len() <= MAX_TEXT_BYTES)
        };
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !is_short(&self.term) || !is_short(&self.source) || !(1..=MAX_LIMIT).contains(&limit) {
            return None;
        }
        let term = self.term.as_deref().map(names::trimmed);
        let term = term.filter(|term| !term.is_empty()).map(names::search_key);
        let after = match self.cursor.filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => Some(place(&cursor)?),
            None => None,
        };
        // A cursor of another search would find users without this term.
        let is_of_term = |term: &String| {
            after
                .as_ref()
                .is_none_or(|place| place.key.starts_with(term))
        };
        if !term.as_ref().is_none_or(is_of_term) {
            return None;
        }
        Some(Query {
            term,
            role: self.role,
            is_active: self.active,
            source: self.source.filter(|source| !source.is_empty()),
            sort: self.sort,
            order: self.order,
            after,
            limit,
        })
    }
}

fn cursor(place: &Place) -> String {
    cursor::after(&place.id, &place.key)
}

fn place(cursor: &str) -> Option<Place> {
    let (id, key) = cursor::read(cursor)?;
    Some(Place { key, id })
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let body: SearchUsersRequest = body::json(request, INVALID_BODY).await?;
    let query = body.query().ok_or(ErrorCode::InvalidField)?;
    match search::run(context.app.database, query).await? {
        Found::Page { users, next } => Ok(Response::ok(&SearchUsersResponse {
            success: true,
            users,
            next: next.as_ref().map(cursor),
        })),
        Found::Unsupported => Err(ErrorCode::UnsupportedSearch.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("searchUsers", "Users", "Search users")
        .describe(
            "Requires the role `admin` or higher. Without `term`, lists users sorted by `sort`. Then `role` and `source` cannot be combined, \
             and the sort order `last_login` supports neither of them. With `term`, finds users whose user name, e-mail address or name begins \
             with the term, sorted by the text that matches. Then all filters can be combined, and `sort` and `order` are not supported.",
        )
        .takes::<SearchUsersRequest>(schemas, INVALID_BODY, json!({"term": "jo", "active": true}))
        .returns::<SearchUsersResponse>(
            schemas,
            json!({"success": true, "users": [examples::admin_user()], "next": null}),
        )
        .errors([ErrorCode::UnsupportedSearch])
}
