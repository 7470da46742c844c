//! Lists of OAuth clients by name.

use super::read;
use crate::domain::oauth_client::OauthClient;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The beginning of the name, in the form of [`search_key`](crate::domain::names::search_key); empty for all.
    pub term: String,
    /// Only active or only disabled clients.
    pub is_active: Option<bool>,
    /// The name, in the same form, and the id of the last client of the previous page.
    pub after: Option<(String, String)>,
    /// Maximum number of clients.
    pub limit: u32,
}

const LIST: &str = "
    SELECT id, name, token_endpoint_auth_method, jwks, redirect_uris, post_logout_redirect_uris, grant_types, scope, is_active,
           secret_created_at, created_at, updated_at, created_by, last_used_at, version
    FROM oauth_clients INDEXED BY oauth_clients_list
    WHERE (name_search, id) > (?1, ?2) AND name_search < ?3 AND (?4 IS NULL OR is_active = ?4)
      AND deleted_at IS NULL
    ORDER BY name_search, id LIMIT ?5";

/// Reads a page.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(database: &Database, list: &List) -> Result<Vec<OauthClient>, StoreError> {
    let (key, id) = match &list.after {
        Some((key, id)) => (key.as_str(), id.as_str()),
        None => (list.term.as_str(), ""),
    };
    // Greater than each name that begins with the term: no name contains this character, which Unicode never assigns.
    let end = format!("{}\u{10ffff}", list.term);
    let is_active = list
        .is_active
        .map(|is_active| if is_active { "1" } else { "0" });
    let statement = Statement::new(LIST)
        .text(key)
        .text(id)
        .text(end)
        .optional(is_active)
        .number(list.limit);
    let [found] = database.batch([statement]).await?;
    found.rows(read)
}
