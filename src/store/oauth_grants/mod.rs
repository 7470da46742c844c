//! Grants of users to OAuth clients: table `oauth_grants`.
//!
//! A grant is live while it is not revoked, its user is active and, unless it has the scope `offline_access`, the session of the
//! consent is live. So a grant without `offline_access` ends with its session. Each statement that issues a token has these
//! conditions. A grant is also revoked if its version of the client is earlier than `grants_from_version`
//! (`oauth_clients/revoke_grants.rs`). A statement that issues a token does not check this, because it requires the version of the
//! client that was read with the grant.

pub mod list;
pub mod remove;

mod create;
mod issue;
mod revoke;

pub use create::{Consent, Denial, MAX_LIVE_GRANTS, NewGrant, RememberedConsent, create, deny};
pub use issue::{Issue, redeem, replay, rotate};
pub use revoke::{Revocation, revoke};

pub(super) use revoke::revoke_of_user;

use crate::domain::grant::GrantRecord;
use crate::domain::oauth_client::Scope;
use crate::domain::role::Role;
use crate::domain::session::{Rotations, expired_until};
use crate::domain::token::access_token::ACCESS_TOKEN_SECONDS;
use crate::json;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::oauth_clients::{self, ClientWithHash};
use crate::timestamp::Timestamp;
use uuid::Uuid;

const FIND: &str = "
    SELECT oauth_grants.id, user_id, users.role, client_id, redirect_uri, resource, scope, code_challenge, nonce, authenticated_at, amr,
           redeemed_at, generation, coalesce(rotated_at, oauth_grants.created_at) AS rotated_at, recent_rotations, expires_at, ends_at,
           revoked_at IS NULL AND users.is_active = 1
             AND EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version <= client_version)
             AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
               SELECT 1 FROM sessions
               WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2
                 AND sessions.token_expires_at > ?3)) AS is_live
    FROM oauth_grants JOIN users ON users.id = user_id
    WHERE oauth_grants.id = ?1";

/// Finds a grant, and the client with this id and the hash of its secret, with one call of the database.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find_with_client(
    database: &Database,
    grant: Uuid,
    client: Uuid,
    now: Timestamp,
) -> Result<(Option<GrantRecord>, Option<ClientWithHash>), StoreError> {
    let statements = [with_id(grant, now), oauth_clients::with_hash(client)];
    let [grant, client] = database.batch(statements).await?;
    Ok((
        grant.first(read)?,
        client.first(oauth_clients::read_with_hash)?,
    ))
}

fn with_id(id: Uuid, now: Timestamp) -> Statement {
    Statement::new(FIND)
        .text(id.to_string())
        .text(now.to_string())
        .text(expired_until(now).to_string())
}

fn read(row: &mut Row) -> Result<GrantRecord, StoreError> {
    let role = Role::parse(&row.text("role")?).ok_or(StoreError::CorruptRow("role"))?;
    let scope = Scope::parse(&row.text("scope")?).ok_or(StoreError::CorruptRow("scope"))?;
    let rotations = Rotations::parse(&row.text("recent_rotations")?);
    Ok(GrantRecord {
        id: row.uuid("id")?,
        user: row.uuid("user_id")?,
        role,
        client: row.uuid("client_id")?,
        redirect_uri: row.text("redirect_uri")?,
        resource: row.optional("resource")?,
        scope,
        code_challenge: row.text("code_challenge")?,
        nonce: row.optional("nonce")?,
        authenticated_at: row.moment("authenticated_at")?,
        methods: json::from_str(&row.text("amr")?).map_err(|_| StoreError::CorruptRow("amr"))?,
        redeemed_at: row.optional_moment("redeemed_at")?,
        generation: row.count("generation")?,
        rotated_at: row.moment("rotated_at")?,
        rotations: rotations.ok_or(StoreError::CorruptRow("recent_rotations"))?,
        expires_at: row.moment("expires_at")?,
        ends_at: row.moment("ends_at")?,
        is_live: row.count("is_live")? == 1,
    })
}

/// When a revoked grant may be deleted: when its access tokens have expired.
fn deletion_of_revoked(now: Timestamp) -> String {
    now.plus(ACCESS_TOKEN_SECONDS).to_string()
}

const DELETE_EXPIRED: &str = "
    DELETE FROM oauth_grants
    WHERE id IN (SELECT id FROM oauth_grants WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// Deletes grants whose code or refresh token has expired, and those that were revoked ten minutes ago, at most 1,000 per call. Their
/// access tokens have expired too. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<bool, StoreError> {
    let [deleted] = database
        .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
        .await?;
    Ok(deleted.changes == 1_000)
}
