//! The live grants of a user, as the user and administrators see them.

use crate::domain::redirect_uri;
use crate::domain::session::expired_until;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A live grant.
#[derive(Debug)]
pub struct GrantSummary {
    /// The grant.
    pub id: Uuid,
    /// The OAuth client.
    pub client: Uuid,
    /// The name of the OAuth client.
    pub client_name: String,
    /// The host or private-use scheme that the user returned to, see [`redirect_uri::host_shown`].
    pub redirect_host: String,
    /// The URI of the resource; `None` for the user info endpoint only.
    pub resource: Option<String>,
    /// The scopes.
    pub scopes: Vec<String>,
    /// The time of the consent.
    pub created_at: Timestamp,
    /// The last issue of an access token.
    pub last_used_at: Option<Timestamp>,
}

impl GrantSummary {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let host = redirect_uri::host_shown(&row.text("redirect_uri")?);
        let scope = row.text("scope")?;
        Ok(Self {
            id: row.uuid("id")?,
            client: row.uuid("client_id")?,
            client_name: row.text("client_name")?,
            redirect_host: host.ok_or(StoreError::CorruptRow("redirect_uri"))?,
            resource: row.optional("resource")?,
            scopes: scope.split_ascii_whitespace().map(str::to_owned).collect(),
            created_at: row.moment("created_at")?,
            last_used_at: row.optional_moment("last_used_at")?,
        })
    }
}

/// A grant whose code was not redeemed is not listed, because its client has no token. Without `offline_access`, a grant ends with
/// its session.
const LIVE_OF: &str = "
    SELECT oauth_grants.id, oauth_grants.client_id, oauth_clients.name AS client_name, oauth_grants.redirect_uri,
           oauth_grants.resource, oauth_grants.scope, oauth_grants.created_at, oauth_grants.last_used_at
    FROM oauth_grants JOIN oauth_clients ON oauth_clients.id = oauth_grants.client_id
    WHERE oauth_grants.user_id = ?1 AND oauth_grants.revoked_at IS NULL AND oauth_grants.expires_at > ?2
      AND oauth_grants.ends_at > ?2 AND oauth_grants.redeemed_at IS NOT NULL
      AND oauth_grants.client_version >= oauth_clients.grants_from_version
      AND (instr(' ' || oauth_grants.scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = oauth_grants.session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2
          AND sessions.token_expires_at > ?3))
    ORDER BY oauth_grants.expires_at DESC LIMIT 200";

/// The live grants of a user, most recent consent first, at most 200.
///
/// # Errors
/// Any [`StoreError`].
pub async fn live_of(
    database: &Database,
    user: Uuid,
    now: Timestamp,
) -> Result<Vec<GrantSummary>, StoreError> {
    let statement = Statement::new(LIVE_OF)
        .text(user.to_string())
        .text(now.to_string())
        .text(expired_until(now).to_string());
    let [found] = database.batch([statement]).await?;
    let mut live = found.rows(GrantSummary::read)?;
    live.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
    Ok(live)
}
