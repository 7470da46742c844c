//! What is stored about access tokens: those that were revoked (table `revoked_access_tokens`), and whether their client is active.

use super::audit::recorded;
use super::used_assertions::UsedAssertion;
use crate::domain::audit::Signed;
use crate::domain::role::Role;
use crate::domain::session::expired_until;
use crate::domain::token::access_token::AccessClaims;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::store::oauth_clients::{self, ClientWithHash};
use crate::timestamp::Timestamp;
use uuid::Uuid;

const IS_ACTIVE: &str = "
    SELECT EXISTS (SELECT 1 FROM oauth_clients WHERE id = ?1 AND is_active = 1)
       AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE id = ?2)
       AND (?3 IS NULL OR EXISTS (
         SELECT 1 FROM oauth_grants JOIN users ON users.id = user_id AND users.is_active = 1
         WHERE oauth_grants.id = ?3 AND revoked_at IS NULL
           AND EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version <= client_version)
           AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
             SELECT 1 FROM sessions
             WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?4
               AND sessions.token_expires_at > ?5)))) AS is_active,
       (SELECT users.role FROM oauth_grants JOIN users ON users.id = user_id WHERE oauth_grants.id = ?3) AS role";

/// A token whose client exists, is active and has not revoked it, and whose grant, if it has one, is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Active {
    /// The role of the user of the grant; `None` if there is no grant.
    pub role: Option<Role>,
}

/// Returns the state of an active token; `None` if the token is not active.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find_active(
    database: &Database,
    claims: &AccessClaims,
    now: Timestamp,
) -> Result<Option<Active>, StoreError> {
    let [found] = database.batch([is_active(claims, now)]).await?;
    read_active(&found)
}

/// Like [`find_active`], and reads the client with this id and the hash of its secret in the same call to D1.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find_active_with_client(
    database: &Database,
    claims: &AccessClaims,
    client: Uuid,
    now: Timestamp,
) -> Result<(Option<Active>, Option<ClientWithHash>), StoreError> {
    let statements = [is_active(claims, now), oauth_clients::with_hash(client)];
    let [active, client] = database.batch(statements).await?;
    let client = client.first(oauth_clients::read_with_hash)?;
    Ok((read_active(&active)?, client))
}

fn is_active(claims: &AccessClaims, now: Timestamp) -> Statement {
    Statement::new(IS_ACTIVE)
        .text(&claims.client)
        .text(claims.id.to_string())
        .optional(claims.grant.as_ref())
        .text(now.to_string())
        .text(expired_until(now).to_string())
}

fn read_active(found: &Outcome) -> Result<Option<Active>, StoreError> {
    let found = found.first(|row| {
        let role = row.optional("role")?;
        let role = role.map(|role| Role::parse(&role).ok_or(StoreError::CorruptRow("role")));
        let is_active = row.count("is_active")? == 1;
        Ok(is_active.then_some(Active {
            role: role.transpose()?,
        }))
    })?;
    Ok(found.flatten())
}

/// Whether the client of a token may still use it for a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The client does not exist or is not active, or the token was revoked.
    Inactive,
    /// The client may no longer have the scope.
    WithoutScope,
    /// The client may use the token for the scope.
    Active,
}

const STANDING: &str = "
    SELECT is_active = 1 AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE revoked_access_tokens.id = ?2) AS is_active,
           instr(' ' || scope || ' ', ' ' || ?3 || ' ') > 0 AS has_scope
    FROM oauth_clients WHERE id = ?1";

/// Whether the client of a token may still use it for a scope.
///
/// # Errors
/// Any [`StoreError`].
pub async fn standing(
    database: &Database,
    client: Uuid,
    token: Uuid,
    scope: &str,
) -> Result<Standing, StoreError> {
    let statement = Statement::new(STANDING)
        .text(client.to_string())
        .text(token.to_string())
        .text(scope);
    let [found] = database.batch([statement]).await?;
    let found = found.first(|row| Ok((row.count("is_active")?, row.count("has_scope")?)))?;
    Ok(match found {
        Some((1, 1)) => Standing::Active,
        Some((1, _)) => Standing::WithoutScope,
        _ => Standing::Inactive,
    })
}

const REVOKE: &str = "
    INSERT INTO revoked_access_tokens (id, expires_at)
    SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE id = ?1)";

/// Finds a row if [`REVOKE`] is about to write one.
const REVOKES: &str = "
    SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE id = ?1)";

/// A token that its client revokes.
#[derive(Debug)]
pub struct Revocation<'a> {
    /// The `jti`.
    pub token: Uuid,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The assertion with which the client has authenticated.
    pub assertion: Option<&'a UsedAssertion>,
    /// The entry.
    pub entry: &'a Signed,
}

/// Revokes a token. A token that is revoked already stays so, and nothing is recorded.
///
/// # Errors
/// `Conflict` if the assertion was used before. After any other [`StoreError`], it is unknown whether the token was revoked.
pub async fn revoke(database: &Database, revocation: &Revocation<'_>) -> Result<(), StoreError> {
    let with_id = |sql| Statement::new(sql).text(revocation.token.to_string());
    let write = with_id(REVOKE).text(revocation.expires_at.to_string());
    let write = recorded(write, || with_id(REVOKES), [revocation.entry]);
    let write = write.preceded_by(revocation.assertion.map(UsedAssertion::use_once));
    database.batch([write]).await.map(drop)
}

const DELETE_EXPIRED: &str = "
    DELETE FROM revoked_access_tokens
    WHERE id IN (SELECT id FROM revoked_access_tokens WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// Deletes revoked tokens that have expired, at most 1,000 per call. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<bool, StoreError> {
    let [deleted] = database
        .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
        .await?;
    Ok(deleted.changes == 1_000)
}
