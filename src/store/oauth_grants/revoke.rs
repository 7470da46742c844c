//! Revokes grants: one, or all of a user.

use super::deletion_of_revoked;
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::{all_recorded, recorded};
use crate::store::used_assertions::UsedAssertion;
use crate::timestamp::Timestamp;
use uuid::Uuid;

const REVOKE: &str = "
    UPDATE oauth_grants SET revoked_at = ?2, expires_at = min(expires_at, ?3) WHERE id = ?1 AND revoked_at IS NULL";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str = "SELECT 1 FROM oauth_grants WHERE id = ?1 AND revoked_at IS NULL";

/// A grant that the service or its client revokes.
#[derive(Debug)]
pub struct Revocation<'a> {
    /// The grant.
    pub grant: Uuid,
    /// The current time.
    pub now: Timestamp,
    /// The assertion with which the client has authenticated.
    pub assertion: Option<&'a UsedAssertion>,
    /// The entries.
    pub entries: &'a [&'a Signed],
}

/// Revokes a grant. If the grant is already revoked, nothing is recorded.
///
/// # Errors
/// `Conflict` if the assertion was used before. After any other [`StoreError`], it is unknown whether the grant was revoked.
pub async fn revoke(database: &Database, revocation: &Revocation<'_>) -> Result<(), StoreError> {
    let with_id = |sql| Statement::new(sql).text(revocation.grant.to_string());
    let write = with_id(REVOKE)
        .text(revocation.now.to_string())
        .text(deletion_of_revoked(revocation.now));
    let write = all_recorded(write, || with_id(REVOKES), revocation.entries);
    let write = write.preceded_by(revocation.assertion.map(UsedAssertion::use_once));
    database.batch([write]).await.map(drop)
}

/// Expired grants are revoked too, because an isolate whose clock is behind must not renew them. `?2`, if not NULL, is the audit
/// entry of the change that revokes the grants; it exists if this batch has made the change. `?3`, if not NULL, is the
/// administrator, who must still be permitted to do this.
const REVOKE_OF_USER: &str = "
    UPDATE oauth_grants SET revoked_at = ?4, expires_at = min(expires_at, ?5)
    WHERE user_id = ?1 AND revoked_at IS NULL
      AND (?2 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2))
      AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?3
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Finds a row if [`REVOKE_OF_USER`] is about to change one.
const REVOKES_OF_USER: &str = "
    SELECT 1 FROM oauth_grants
    WHERE user_id = ?1 AND revoked_at IS NULL
      AND (?2 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2))
      AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?3
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// The write that revokes all grants of a user, for a batch. `entry` records it, unless the entry of the cause does.
pub(in crate::store) fn revoke_of_user(
    user: Uuid,
    now: Timestamp,
    cause: Option<&Signed>,
    actor: Option<Uuid>,
    entry: Option<&Signed>,
) -> Statement {
    let conditional = |sql| {
        Statement::new(sql)
            .text(user.to_string())
            .optional(cause.map(|cause| &cause.entry.id))
            .optional(actor.map(|actor| actor.to_string()))
    };
    let revoke = conditional(REVOKE_OF_USER)
        .text(now.to_string())
        .text(deletion_of_revoked(now));
    match entry {
        Some(entry) => recorded(revoke, || conditional(REVOKES_OF_USER), [entry]),
        None => revoke,
    }
}
