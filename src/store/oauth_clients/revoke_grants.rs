//! The revocation of all grants to an OAuth client, and what the cron event deletes after it or after the deletion of the client.
//!
//! A client may have a million grants, so they are not written. The client gets a new version, and from then on only grants and consents
//! that are based on this version or a later one count. No clock decides: a statement that creates a grant or issues a token requires
//! the version of the client that was read before, so each of them is either revoked or happens afterwards.

use super::{find_statement, read};
use crate::domain::audit::Signed;
use crate::domain::oauth_client::OauthClient;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A revocation of all grants to an OAuth client.
#[derive(Debug)]
pub struct GrantsRevocation<'a> {
    /// The client.
    pub id: Uuid,
    /// The administrator.
    pub actor: Uuid,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the revocation.
    pub entry: &'a Signed,
}

/// The outcome of [`revoke_grants`].
#[derive(Debug)]
pub enum GrantsRevoked {
    /// The client, which has no earlier grant any more, now or before.
    Done(Box<OauthClient>),
    /// There is no such client.
    NotFound,
    /// The administrator may not do it any more.
    NotPermitted,
}

/// Changes nothing if no user has given the client a grant or consent since the last revocation. The right-hand sides of SET refer to
/// the row before the update.
const REVOKE: &str = "
    UPDATE oauth_clients SET grants_from_version = version + 1, version = version + 1, updated_at = ?3
    WHERE id = ?1 AND deleted_at IS NULL
      AND (EXISTS (SELECT 1 FROM oauth_grants WHERE client_id = ?1 AND client_version >= grants_from_version)
        OR EXISTS (SELECT 1 FROM oauth_consents WHERE client_id = ?1 AND client_version >= grants_from_version))
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str = "
    SELECT 1 FROM oauth_clients
    WHERE id = ?1 AND deleted_at IS NULL
      AND (EXISTS (SELECT 1 FROM oauth_grants WHERE client_id = ?1 AND client_version >= grants_from_version)
        OR EXISTS (SELECT 1 FROM oauth_consents WHERE client_id = ?1 AND client_version >= grants_from_version))
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND +users.is_active = 1 AND +role = 'super_admin')";

/// The condition about the administrator in [`REVOKE`].
const MAY_REVOKE: &str =
    "SELECT 1 FROM users WHERE id = ?1 AND +is_active = 1 AND +role = 'super_admin'";

/// Revokes all grants to an OAuth client, and forgets the consents about it.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether they are revoked.
pub async fn revoke_grants(
    database: &Database,
    revocation: &GrantsRevocation<'_>,
) -> Result<GrantsRevoked, StoreError> {
    let actor = revocation.actor.to_string();
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(revocation.id.to_string())
            .text(&actor)
    };
    let revoke = with_conditions(REVOKE).text(revocation.now.to_string());
    let [_, permitted, found] = database
        .batch([
            recorded(revoke, || with_conditions(REVOKES), [revocation.entry]),
            Statement::new(MAY_REVOKE).text(&actor),
            find_statement(revocation.id),
        ])
        .await?;
    if permitted.first(|_| Ok(()))?.is_none() {
        return Ok(GrantsRevoked::NotPermitted);
    }
    let client = found.first(read)?.map(Box::new);
    Ok(client.map_or(GrantsRevoked::NotFound, GrantsRevoked::Done))
}

/// Few clients have a version from which their grants count, so the rows before it are found by client.
const DELETE_GRANTS: &str = "
    DELETE FROM oauth_grants
    WHERE id IN (
      SELECT oauth_grants.id
      FROM oauth_clients CROSS JOIN oauth_grants ON client_id = oauth_clients.id AND client_version < grants_from_version
      WHERE grants_from_version > 0 LIMIT 1000)";

const DELETE_CONSENTS: &str = "
    DELETE FROM oauth_consents
    WHERE (user_id, client_id, redirect_host, resource) IN (
      SELECT user_id, client_id, redirect_host, resource
      FROM oauth_clients CROSS JOIN oauth_consents ON client_id = oauth_clients.id AND client_version < grants_from_version
      WHERE grants_from_version > 0 LIMIT 1000)";

const DELETE_CLIENTS: &str = "
    DELETE FROM oauth_clients
    WHERE deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM oauth_grants WHERE client_id = oauth_clients.id)
      AND NOT EXISTS (SELECT 1 FROM oauth_consents WHERE client_id = oauth_clients.id)";

/// Deletes grants and consents that were revoked with all others of their client, at most 1,000 of each per call, and clients that were
/// deleted and have none left. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_revoked(database: &Database) -> Result<bool, StoreError> {
    let statements = [DELETE_GRANTS, DELETE_CONSENTS, DELETE_CLIENTS].map(Statement::new);
    let [grants, consents, _] = database.batch(statements).await?;
    Ok([grants, consents]
        .iter()
        .any(|deleted| deleted.changes == 1_000))
}
