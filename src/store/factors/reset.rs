//! Removes everything that belongs to the second factors of a user, when an administrator resets them or the user is erased.

use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::sessions::{GrantsOfUser, RevokeAll, RevokedSession, RevokedSessions};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The first write, which decides whether the factors are reset: the administrator must still be allowed to reset them. Pending
/// sign-ins have no effect after this write.
const CLAIM: &str = "
    UPDATE users SET factor_version = factor_version + 1
    WHERE id = ?1 AND id <> ?2
      AND EXISTS (
        SELECT 1 FROM administrators
        WHERE administrators.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// Finds a row if [`CLAIM`] is about to change one.
const CLAIMS: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND id <> ?2
      AND EXISTS (
        SELECT 1 FROM administrators
        WHERE administrators.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

const DELETE_PASSKEYS: &str = "
    DELETE FROM passkeys WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_TOTP: &str = "
    DELETE FROM totp WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_RECOVERY_CODES: &str = "
    DELETE FROM recovery_codes WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_FACTOR_ATTEMPTS: &str = "
    DELETE FROM factor_attempts WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_PENDING_SIGN_INS: &str = "
    DELETE FROM pending_sign_ins WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

/// A reset by an administrator.
#[derive(Debug)]
pub struct Reset<'a> {
    /// The user.
    pub user: Uuid,
    /// The administrator.
    pub actor: Uuid,
    /// The entry of the reset.
    pub reset: &'a Signed,
    /// The entry about the sessions, if any are revoked.
    pub revoked: &'a Signed,
    /// The time of the request.
    pub now: Timestamp,
}

/// Removes all second factors of a user, the counter of wrong codes and the pending sign-ins, and revokes all sessions. `None` if this
/// administrator may not reset the factors any more. Nothing is written then.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reset(
    database: &Database,
    reset: &Reset<'_>,
) -> Result<Option<RevokedSessions>, StoreError> {
    let user = reset.user.to_string();
    let claim = |sql| {
        Statement::new(sql)
            .text(&user)
            .text(reset.actor.to_string())
    };
    let sessions = RevokeAll {
        user: reset.user,
        keep: None,
        cause: Some(reset.reset),
        actor: None,
        now: reset.now,
        entry: reset.revoked,
        grants: GrantsOfUser::Revoke,
    };
    let mut statements = vec![recorded(claim(CLAIM), || claim(CLAIMS), [reset.reset])];
    statements.extend(sessions.statements());
    statements.extend(deletions(&user, reset.reset));
    let outcomes = database.all(statements).await?;
    let [claimed, latest, revoked, ..] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    if claimed.changes == 0 {
        return Ok(None);
    }
    Ok(Some(RevokedSessions {
        latest: latest.rows(RevokedSession::read)?,
        count: revoked.changes,
    }))
}

/// Deletes the sign-ins of a user that wait for a factor, if an earlier statement of the batch has written the entry of `cause`.
pub(in crate::store) fn delete_pending_sign_ins(user: &str, cause: &Signed) -> Statement {
    Statement::new(DELETE_PENDING_SIGN_INS)
        .text(user)
        .text(&cause.entry.id)
}

/// Delete the rows of a user from the tables of second factors, if an earlier statement of the batch has written the entry of `cause`.
pub(in crate::store) fn deletions(user: &str, cause: &Signed) -> [Statement; 5] {
    [
        DELETE_PASSKEYS,
        DELETE_TOTP,
        DELETE_RECOVERY_CODES,
        DELETE_FACTOR_ATTEMPTS,
        DELETE_PENDING_SIGN_INS,
    ]
    .map(|sql| Statement::new(sql).text(user).text(&cause.entry.id))
}
