//! Finds users: lists, and searches by the beginning of user name, e-mail address or name.

use crate::app::error::AppError;
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::d1::Database;
use crate::store::users::list::{self, List, Narrowing, Order, Place, Sort};
use crate::store::users::search::{self, Search};

/// A search.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The beginning of user name, e-mail address or name, as a [`search_key`](crate::domain::names::search_key).
    pub term: Option<String>,
    /// Only users of this role.
    pub role: Option<Role>,
    /// Only active or only disabled users.
    pub is_active: Option<bool>,
    /// Only users of this source.
    pub source: Option<String>,
    /// What a list is sorted by.
    pub sort: Option<Sort>,
    /// The direction of a list.
    pub order: Option<Order>,
    /// The last place of the previous page.
    pub after: Option<Place>,
    /// Maximum number of users.
    pub limit: u32,
}

/// The outcome.
#[derive(Debug)]
pub enum Found {
    /// A page.
    Page {
        /// The users.
        users: Vec<AdminUser>,
        /// The last place of the page, if another page may follow.
        next: Option<Place>,
    },
    /// No index serves this combination of term, filters, sort and order.
    Unsupported,
}

/// Reads a page.
///
/// # Errors
/// `Store`.
pub async fn run(database: &Database, query: Query) -> Result<Found, AppError> {
    let limit = query.limit as usize;
    match query.term.clone() {
        None => {
            let list = List {
                sort: query.sort.unwrap_or(Sort::Username),
                order: query.order.unwrap_or(Order::Ascending),
                narrowing: match (query.role, query.source) {
                    (None, None) => Narrowing::None,
                    (Some(role), None) => Narrowing::Role(role),
                    (None, Some(source)) => Narrowing::Source(source),
                    (Some(_), Some(_)) => return Ok(Found::Unsupported),
                },
                is_active: query.is_active,
                after: query.after,
                // One more, to know whether there is another page.
                limit: query.limit.saturating_add(1),
            };
            let Some(mut listed) = list::list(database, &list).await? else {
                return Ok(Found::Unsupported);
            };
            let has_more = listed.len() > limit;
            listed.truncate(limit);
            let next = listed.last().filter(|_| has_more);
            Ok(Found::Page {
                next: next.map(|listed| listed.place.clone()),
                users: listed.into_iter().map(|listed| listed.user).collect(),
            })
        }
        Some(_) if query.sort.is_some() || query.order.is_some() => Ok(Found::Unsupported),
        Some(term) => {
            let search = Search {
                term,
                after: query.after.clone(),
                limit: query.limit,
            };
            let results = search::search(database, &search).await?;
            let next = results.next.clone().filter(|_| results.is_full);
            let matches = |user: &AdminUser| {
                query.role.is_none_or(|role| role == user.role)
                    && query
                        .is_active
                        .is_none_or(|is_active| is_active == user.is_active)
                    && query
                        .source
                        .as_ref()
                        .is_none_or(|source| *source == user.source)
            };
            Ok(Found::Page {
                next,
                users: results.users.into_iter().filter(matches).collect(),
            })
        }
    }
}
