//! OAuth clients: table `oauth_clients`.
//!
//! A client that was deleted stays in the table until the cron event has deleted its grants and consents (`revoke_grants.rs`). No statement finds
//! it as a client: each requires that `deleted_at` is NULL, that the client is active, or that its grants are not revoked.

mod authenticate;
mod change;
mod create;
mod delete;
mod list;
mod revoke_grants;

pub use authenticate::{ClientWithHash, Use, find_with_hash, record_use};
pub use change::{Change, NewSecret, change, replace_secret};
pub use create::{Created, NewClient, create};
pub use delete::{Deletion, delete};
pub use list::{List, list};
pub use revoke_grants::{GrantsRevocation, GrantsRevoked, delete_revoked, revoke_grants};

pub(super) use authenticate::{read_with_hash, used, with_hash};

use crate::domain::oauth_client::{
    GivenKeySet, KeySet, Metadata, OauthClient, Scope, TokenEndpointAuthMethod,
};
use crate::json;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::runtime::row::Row;
use serde::de::DeserializeOwned;
use uuid::Uuid;

const FIND: &str = "
    SELECT id, name, token_endpoint_auth_method, jwks, redirect_uris, post_logout_redirect_uris, grant_types, scope, is_active,
           secret_created_at, created_at, updated_at, created_by, last_used_at, version
    FROM oauth_clients WHERE id = ?1 AND deleted_at IS NULL";

/// Finds an OAuth client.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(database: &Database, id: Uuid) -> Result<Option<OauthClient>, StoreError> {
    let [found] = database.batch([find_statement(id)]).await?;
    found.first(read)
}

/// The statement that finds an OAuth client, for a batch. [`read`] reads its row.
fn find_statement(id: Uuid) -> Statement {
    Statement::new(FIND).text(id.to_string())
}

/// Reads the OAuth client in a row with these columns.
fn read(row: &mut Row) -> Result<OauthClient, StoreError> {
    let method = row.text("token_endpoint_auth_method")?;
    let method = TokenEndpointAuthMethod::parse(&method);
    let method = method.ok_or(StoreError::CorruptRow("token_endpoint_auth_method"))?;
    let scope = Scope::parse(&row.text("scope")?).ok_or(StoreError::CorruptRow("scope"))?;
    let metadata = Metadata {
        client_name: row.text("name")?,
        token_endpoint_auth_method: method,
        redirect_uris: json_of(row, "redirect_uris")?,
        post_logout_redirect_uris: json_of(row, "post_logout_redirect_uris")?,
        grant_types: json_of(row, "grant_types")?,
        scope,
        jwks: keys(row)?,
    };
    let created_by = row.optional("created_by")?;
    let created_by = created_by.map(|id| Uuid::try_parse(&id)).transpose();
    Ok(OauthClient {
        client_id: row.uuid("id")?,
        kind: method.kind(),
        metadata,
        is_active: row.count("is_active")? == 1,
        secret_created_at: row.optional_moment("secret_created_at")?,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
        created_by: created_by.map_err(|_| StoreError::CorruptRow("created_by"))?,
        last_used_at: row.optional_moment("last_used_at")?,
        version: row.count("version")?,
    })
}

fn json_of<T: DeserializeOwned>(row: &mut Row, column: &'static str) -> Result<T, StoreError> {
    json::from_str(&row.text(column)?).map_err(|_| StoreError::CorruptRow(column))
}

fn keys(row: &mut Row) -> Result<Option<KeySet>, StoreError> {
    let Some(text) = row.optional("jwks")? else {
        return Ok(None);
    };
    let given: GivenKeySet = json::from_str(&text).map_err(|_| StoreError::CorruptRow("jwks"))?;
    let keys = KeySet::read(given).ok_or(StoreError::CorruptRow("jwks"))?;
    Ok(Some(keys))
}

/// The columns of what is registered, as they are bound.
struct Columns {
    name: String,
    name_search: String,
    method: &'static str,
    jwks: Option<String>,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    grant_types: String,
    scope: String,
}

impl Columns {
    fn of(metadata: &Metadata) -> Self {
        // Cannot fail: only texts and names are serialized.
        let list = |uris: &[String]| serde_json::to_string(uris).unwrap_or_default();
        let keys = |keys: &KeySet| serde_json::to_string(keys).unwrap_or_default();
        Self {
            name: metadata.client_name.clone(),
            name_search: crate::domain::names::search_key(&metadata.client_name),
            method: metadata.token_endpoint_auth_method.as_str(),
            jwks: metadata.jwks.as_ref().map(keys),
            redirect_uris: list(&metadata.redirect_uris),
            post_logout_redirect_uris: list(&metadata.post_logout_redirect_uris),
            grant_types: serde_json::to_string(&metadata.grant_types).unwrap_or_default(),
            scope: metadata.scope.as_str().to_owned(),
        }
    }

    /// Binds them in the order of the fields.
    fn bind(self, statement: Statement) -> Statement {
        statement
            .text(self.name)
            .text(self.name_search)
            .text(self.method)
            .optional(self.jwks)
            .text(self.redirect_uris)
            .text(self.post_logout_redirect_uris)
            .text(self.grant_types)
            .text(self.scope)
    }
}

/// The outcome of a write to an OAuth client.
#[derive(Debug)]
pub enum Written {
    /// It was done. Holds the client afterwards; `None` if it was deleted.
    Done(Option<Box<OauthClient>>),
    /// There is no such client any more.
    NotFound,
    /// The client has another version.
    OtherVersion,
    /// The administrator may not do it any more.
    NotPermitted,
}

/// Why a write has changed no row. `?1` is the client and `?2` the version.
const WHY_NOT: &str =
    "SELECT version = ?2 AS is_version FROM oauth_clients WHERE id = ?1 AND deleted_at IS NULL";

fn why_not(id: Uuid, version: u32) -> Statement {
    Statement::new(WHY_NOT).text(id.to_string()).number(version)
}

fn refusal(found: &Outcome) -> Result<Written, StoreError> {
    let is_version = found.first(|row| Ok(row.count("is_version")? == 1))?;
    Ok(match is_version {
        None => Written::NotFound,
        Some(false) => Written::OtherVersion,
        Some(true) => Written::NotPermitted,
    })
}
