//! Finds an OAuth client that authenticates, and records its use.

use super::read;
use crate::domain::audit::Signed;
use crate::domain::oauth_client::OauthClient;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::audit::recorded;
use crate::store::required::required;
use crate::store::used_assertions::UsedAssertion;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// An OAuth client with the hash of its secret.
#[derive(Debug)]
pub struct ClientWithHash {
    /// The client.
    pub client: OauthClient,
    /// Lower-case hex SHA-256 of its secret; `None` without one.
    pub secret_hash: Option<String>,
}

const FIND_WITH_HASH: &str = "
    SELECT id, name, token_endpoint_auth_method, jwks, redirect_uris, post_logout_redirect_uris, grant_types, scope, is_active,
           secret_created_at, created_at, updated_at, created_by, last_used_at, version, secret_hash
    FROM oauth_clients WHERE id = ?1 AND deleted_at IS NULL";

/// Finds an OAuth client and the hash of its secret.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find_with_hash(
    database: &Database,
    id: Uuid,
) -> Result<Option<ClientWithHash>, StoreError> {
    let [found] = database.batch([with_hash(id)]).await?;
    found.first(read_with_hash)
}

/// The statement that finds an OAuth client and the hash of its secret, for a batch. [`read_with_hash`] reads its row.
pub(in crate::store) fn with_hash(id: Uuid) -> Statement {
    Statement::new(FIND_WITH_HASH).text(id.to_string())
}

/// Reads the OAuth client and the hash of its secret in a row with these columns.
pub(in crate::store) fn read_with_hash(row: &mut Row) -> Result<ClientWithHash, StoreError> {
    Ok(ClientWithHash {
        client: read(row)?,
        secret_hash: row.optional("secret_hash")?,
    })
}

/// A use of an OAuth client.
#[derive(Debug)]
pub struct Use<'a> {
    /// The client.
    pub id: Uuid,
    /// The version that has authenticated.
    pub version: u32,
    /// The assertion with which it has authenticated.
    pub assertion: Option<&'a UsedAssertion>,
    /// The current time.
    pub now: Timestamp,
    /// The entry of what it is used for.
    pub entry: &'a Signed,
}

const USE: &str = "
    UPDATE oauth_clients SET last_used_at = ?3 WHERE id = ?1 AND version = ?2 AND is_active = 1";

/// Finds a row if [`USE`] is about to change one.
const USES: &str = "SELECT 1 FROM oauth_clients WHERE id = ?1 AND version = ?2 AND is_active = 1";

/// Records a use of an active OAuth client that has not been changed since it authenticated, and uses its assertion. All of it is done,
/// or nothing.
///
/// # Errors
/// `Conflict` if the client was changed, or its assertion was used before. After any other [`StoreError`], it is unknown whether the use
/// was recorded.
pub async fn record_use(database: &Database, usage: &Use<'_>) -> Result<(), StoreError> {
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(usage.id.to_string())
            .number(usage.version)
    };
    let update = with_conditions(USE).text(usage.now.to_string());
    let update = required(recorded(update, || with_conditions(USES), [usage.entry]));
    let update = update.preceded_by(usage.assertion.map(UsedAssertion::use_once));
    database.batch([update]).await.map(drop)
}

/// The write that records a use of an active OAuth client that has not been changed since it authenticated, for a batch with its
/// own audit entry or without one. The batch is rolled back if the client was changed.
pub(in crate::store) fn used(id: Uuid, version: u32, now: Timestamp) -> Statement {
    let update = Statement::new(USE).text(id.to_string()).number(version);
    required(update.text(now.to_string()))
}
