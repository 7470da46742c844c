//! Erases a user: the row in `users` and everything else that identifies them. Audit entries stay. They contain the random id, and
//! the hash of a client whose salt is erased with it.

use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::factors::reset;
use crate::store::sessions::RevokedSession;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// An erasure.
#[derive(Debug)]
pub struct Erasure<'a> {
    /// The user.
    pub user: Uuid,
    /// The version of the user that the rules were applied to.
    pub version: u32,
    /// The administrator.
    pub actor: Uuid,
    /// The entry of the erasure.
    pub entry: &'a Signed,
}

/// The first write, which decides whether the user is erased. It also checks that the administrator may still do that. The last active
/// super administrator cannot be erased: only another active super administrator may erase one.
const CLAIM: &str = "
    UPDATE users SET is_active = 0
    WHERE id = ?1 AND version = ?2 AND id <> ?3
      AND EXISTS (
        SELECT 1 FROM administrators
        WHERE administrators.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// Finds a row if [`CLAIM`] is about to change one.
const CLAIMS: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND version = ?2 AND id <> ?3
      AND EXISTS (
        SELECT 1 FROM administrators
        WHERE administrators.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// The sessions whose cached sessions are overwritten; read before they are deleted.
const SESSIONS: &str = "
    SELECT id, generation, recent_rotations FROM sessions
    WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2
    ORDER BY token_expires_at DESC LIMIT 200";

const DELETE_SESSION_ATTEMPTS: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT 'session:' || id FROM sessions WHERE user_id = ?1)
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_ACCOUNT_ATTEMPTS: &str = "
    DELETE FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_REFUSALS: &str = "
    DELETE FROM address_attempts
    WHERE address = 'denied ' || ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

/// The keys of table `email_requests` that contain the id. Those with a keyed hash of the address expire within an hour.
const DELETE_EMAIL_REQUESTS: &str = "
    DELETE FROM email_requests
    WHERE key IN (SELECT value || ':' || ?1 FROM json_each(?3)) AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_SESSIONS: &str = "
    DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_PASSWORD_LINKS: &str = "
    DELETE FROM password_links WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_EMAIL_LINKS: &str = "
    DELETE FROM email_links WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_GRANTS: &str = "
    DELETE FROM oauth_grants WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_CONSENTS: &str = "
    DELETE FROM oauth_consents WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

/// The client of an entry about the user is that of its actor. If that is another user, the client does not identify the erased one,
/// and an administrator could remove their own traces with an erasure.
const DELETE_CLIENTS_ABOUT: &str = "
    DELETE FROM audit_clients
    WHERE number IN (
        SELECT number FROM audit WHERE subject = ?1 AND (actor IS NULL OR actor = ?1))
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_CLIENTS_BY: &str = "
    DELETE FROM audit_clients
    WHERE number IN (SELECT number FROM audit WHERE actor = ?1 AND actor IS NOT subject)
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE: &str =
    "DELETE FROM users WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

/// Like [`DELETE_CLIENTS_ABOUT`], for users that were erased since `?1`.
const DELETE_LATE_CLIENTS: &str = "
    DELETE FROM audit_clients
    WHERE number IN (
      SELECT late.number FROM audit AS erased JOIN audit AS late ON late.subject = erased.subject
      WHERE erased.kind = 'user_erased' AND erased.at > ?1
        AND (late.actor IS NULL OR late.actor = late.subject))";

/// Like [`DELETE_CLIENTS_BY`], for users that were erased since `?1`.
const DELETE_LATE_CLIENTS_BY: &str = "
    DELETE FROM audit_clients
    WHERE number IN (
      SELECT late.number FROM audit AS erased JOIN audit AS late ON late.actor = erased.subject
      WHERE erased.kind = 'user_erased' AND erased.at > ?1 AND late.actor IS NOT late.subject)";

/// Like [`DELETE_ACCOUNT_ATTEMPTS`], for users that were erased since `?1`.
const DELETE_LATE_ATTEMPTS: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT 'account:' || subject FROM audit WHERE kind = 'user_erased' AND at > ?1)";

/// Erases a user. Returns at most 200 of the sessions that were live after `cached_since`; `None` if nothing was written, because the
/// user or the administrator was changed meanwhile. `notices` are the prefixes of the keys in `email_requests` that end with the
/// id.
///
/// # Errors
/// Any [`StoreError`].
pub async fn erase(
    database: &Database,
    erasure: &Erasure<'_>,
    cached_since: Timestamp,
    notices: &[&str],
) -> Result<Option<Vec<RevokedSession>>, StoreError> {
    let user = erasure.user.to_string();
    let claim = |sql| {
        Statement::new(sql)
            .text(&user)
            .number(erasure.version)
            .text(erasure.actor.to_string())
    };
    let delete = |sql| {
        Statement::new(sql)
            .text(&user)
            .text(&erasure.entry.entry.id)
    };
    let [
        passkeys,
        totp,
        recovery_codes,
        factor_attempts,
        pending_sign_ins,
    ] = reset::deletions(&user, erasure.entry);
    // Cannot fail: only strings are serialized.
    let notices = serde_json::to_string(notices).unwrap_or_default();
    let [sessions, claimed, ..] = database
        .batch([
            Statement::new(SESSIONS)
                .text(&user)
                .text(cached_since.to_string()),
            recorded(claim(CLAIM), || claim(CLAIMS), [erasure.entry]),
            delete(DELETE_SESSION_ATTEMPTS),
            delete(DELETE_ACCOUNT_ATTEMPTS),
            delete(DELETE_REFUSALS),
            delete(DELETE_EMAIL_REQUESTS).text(notices),
            delete(DELETE_SESSIONS),
            delete(DELETE_PASSWORD_LINKS),
            delete(DELETE_EMAIL_LINKS),
            delete(DELETE_GRANTS),
            delete(DELETE_CONSENTS),
            passkeys,
            totp,
            recovery_codes,
            factor_attempts,
            pending_sign_ins,
            delete(DELETE_CLIENTS_ABOUT),
            delete(DELETE_CLIENTS_BY),
            delete(DELETE),
        ])
        .await?;
    if claimed.changes == 0 {
        return Ok(None);
    }
    sessions.rows(RevokedSession::read).map(Some)
}

/// Removes data that requests in progress during an erasure have written after it: the clients of entries about the user or by the
/// user, and counted attempts. `since` is the time of the earliest erasure to consider.
///
/// # Errors
/// Any [`StoreError`].
pub async fn erase_late(database: &Database, since: Timestamp) -> Result<(), StoreError> {
    let delete = |sql| Statement::new(sql).text(since.to_string());
    database
        .batch([
            delete(DELETE_LATE_CLIENTS),
            delete(DELETE_LATE_CLIENTS_BY),
            delete(DELETE_LATE_ATTEMPTS),
        ])
        .await
        .map(drop)
}
