//! The condition of a write that a session has authorized: nothing that the request was checked against has changed.

use crate::domain::session::{SessionRecord, expired_until};
use crate::runtime::d1::Statement;
use crate::timestamp::Timestamp;

/// The error is that of `store/required.rs`.
const CHECK: &str = "
    SELECT CASE WHEN NOT EXISTS (
      SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
      WHERE sessions.id = ?1 AND generation = ?2 AND revoked_at IS NULL AND ends_at > ?3 AND token_expires_at > ?4
        AND is_active = 1 AND password_version = ?5 AND factor_version = ?6)
    THEN json_extract('{}', 'nothing was changed') END";

/// Rolls the batch back, so that the call returns [`StoreError::Conflict`](crate::runtime::StoreError), if the session was revoked, has
/// expired or was rotated since it was read, or if its user was disabled, or has another password or other factors than then.
///
/// Step-up depends on all of these: for example, a session that counted as stepped up by its password no longer does once the user has
/// a factor.
#[must_use]
pub fn unchanged(session: &SessionRecord, now: Timestamp) -> Statement {
    Statement::new(CHECK)
        .text(&session.id)
        .number(session.generation)
        .text(now.to_string())
        .text(expired_until(now).to_string())
        .number(session.password_version)
        .number(session.factor_version)
}
