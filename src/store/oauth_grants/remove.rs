//! The removal of a grant by its user or an administrator. It revokes the grant, and the client has to ask the user again.

use super::deletion_of_revoked;
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A grant to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Removal {
    /// The grant.
    pub id: Uuid,
    /// Its user.
    pub user: Uuid,
    /// The administrator who removes it; `None` for the user.
    pub actor: Option<Uuid>,
}

/// The outcome of [`remove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The grant is revoked, now or earlier.
    Yes,
    /// The user no longer has this grant.
    NotFound,
    /// The administrator is no longer permitted to do this.
    NotPermitted,
}

const CLIENT_OF: &str = "SELECT client_id FROM oauth_grants WHERE id = ?1 AND user_id = ?2";

/// `?4`, if not NULL, is the administrator, who must still be permitted to do this.
const REVOKE: &str = "
    UPDATE oauth_grants SET revoked_at = ?1, expires_at = min(expires_at, ?5)
    WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL
      AND (?4 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?4
        WHERE users.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str = "
    SELECT 1 FROM oauth_grants
    WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL
      AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?3
        WHERE users.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// The consents are also forgotten if the grant had been revoked for another reason, such as a sign-out between the list and the
/// removal. A removed application must ask again in any case. The previous statement has revoked the grant, unless the
/// administrator is not permitted to do so.
const FORGET: &str = "
    DELETE FROM oauth_consents
    WHERE user_id = ?1
      AND client_id = (SELECT client_id FROM oauth_grants WHERE id = ?2 AND user_id = ?1 AND revoked_at IS NOT NULL)
      AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?3
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Revokes the codes of the client that were not redeemed. The user does not see them, and removes the application, not one grant.
const REVOKE_CODES: &str = "
    UPDATE oauth_grants SET revoked_at = ?4
    WHERE user_id = ?1 AND revoked_at IS NULL AND redeemed_at IS NULL
      AND client_id = (SELECT client_id FROM oauth_grants WHERE id = ?2 AND user_id = ?1 AND revoked_at IS NOT NULL)
      AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?3
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Whether the grant is revoked; no row if the user has no such grant.
const STATE: &str = "
    SELECT revoked_at IS NOT NULL AS is_revoked FROM oauth_grants WHERE id = ?1 AND user_id = ?2";

/// The administrator `?2` may revoke grants of the user: the condition of [`REVOKE`].
const MAY_REVOKE: &str = "
    SELECT 1 FROM users JOIN administrators ON administrators.id = ?2
    WHERE users.id = ?1
      AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))";

/// The client of a grant of the user, which may have ended; `None` if the user has no such grant.
///
/// # Errors
/// Any [`StoreError`].
pub async fn client_of(
    database: &Database,
    id: Uuid,
    user: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let statement = Statement::new(CLIENT_OF)
        .text(id.to_string())
        .text(user.to_string());
    let [found] = database.batch([statement]).await?;
    found.first(|row| row.uuid("client_id"))
}

/// Revokes a grant and the codes of its client, and forgets the consents of the user for this client. The entry is written by the call
/// that revokes the grant.
///
/// # Errors
/// Any [`StoreError`]; then the response must not state that the grant is revoked.
pub async fn remove(
    database: &Database,
    removal: Removal,
    now: Timestamp,
    entry: &Signed,
) -> Result<Removed, StoreError> {
    let (id, user) = (removal.id.to_string(), removal.user.to_string());
    let actor = removal.actor.map(|actor| actor.to_string());
    let revoke = Statement::new(REVOKE)
        .text(now.to_string())
        .text(&id)
        .text(&user)
        .optional(actor.as_ref())
        .text(deletion_of_revoked(now));
    let revokes = || {
        Statement::new(REVOKES)
            .text(&id)
            .text(&user)
            .optional(actor.as_ref())
    };
    let of_client = |sql| {
        Statement::new(sql)
            .text(&user)
            .text(&id)
            .optional(actor.as_ref())
    };
    let mut statements = vec![
        recorded(revoke, revokes, [entry]),
        of_client(REVOKE_CODES).text(now.to_string()),
        of_client(FORGET),
        Statement::new(STATE).text(&id).text(&user),
    ];
    if let Some(actor) = &actor {
        statements.push(Statement::new(MAY_REVOKE).text(&user).text(actor));
    }
    let outcomes = database.all(statements).await?;
    let [_, _, _, state, permitted @ ..] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    for outcome in permitted {
        if outcome.first(|_| Ok(()))?.is_none() {
            return Ok(Removed::NotPermitted);
        }
    }
    Ok(match state.first(|row| row.count("is_revoked"))? {
        Some(1) => Removed::Yes,
        _ => Removed::NotFound,
    })
}
