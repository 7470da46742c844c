//! Creates a session at a sign-in.

use super::{RevokedSession, Sessions};
use crate::domain::audit::Signed;
use crate::domain::role::Role;
use crate::domain::session::expired_until;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::store::throttle::{self, Reservation};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A session to be created.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// SHA-256 of the token's `sid`, lower-case hex.
    pub id: &'a str,
    /// Its user.
    pub user_id: Uuid,
    /// The role that decided `ends_at`; the session is not created if it was changed since.
    pub role: Role,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// `exp` of its first token.
    pub token_expires_at: Timestamp,
    /// When it reaches its maximum age.
    pub ends_at: Timestamp,
    /// The `User-Agent` of the client.
    pub device: Option<&'a str>,
    /// The address of the client.
    pub address: Option<&'a str>,
    /// The hash that the password was checked against; the session is not created if it was changed since.
    pub password_hash: Option<&'a str>,
    /// A hash with the current parameters, which replaces that hash.
    pub new_password_hash: Option<&'a str>,
    /// Whether it revokes the user's least recently used sessions beyond [`MAX_LIVE_SESSIONS`].
    pub evicts: bool,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: Option<&'a Reservation>,
}

/// Maximum number of live sessions per user: more than the number of devices of a user, and few enough to revoke all of them
/// quickly. A sign-in that exceeds it revokes the least recently used ones.
pub const MAX_LIVE_SESSIONS: u32 = 100;
/// Maximum number of sessions that a sign-in revokes. Their cached sessions are overwritten at once. More than one session can
/// exceed the limit after simultaneous sign-ins, or after sign-ins with the service credentials, which evict no sessions.
const MAX_EVICTED_SESSIONS: u32 = 200;

/// Creates a session only for a user who is still active, with the role and the password that were just checked.
const BEGIN: &str = "
    INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address)
    SELECT ?1, id, 0, ?3, ?3, ?4, ?5, ?6, ?7
    FROM users WHERE id = ?2 AND is_active = 1 AND role = ?8 AND (?9 IS NULL OR password_hash = ?9)
    ON CONFLICT (id) DO NOTHING";

/// Finds a row if [`BEGIN`] is about to write one.
const BEGINS: &str = "
    SELECT 1 FROM users
    WHERE id = ?2 AND is_active = 1 AND role = ?3 AND (?4 IS NULL OR password_hash = ?4)
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?1)";

const RECORD_LOGIN: &str = "
    UPDATE users SET last_login = ?1, password_hash = coalesce(?2, password_hash)
    WHERE id = ?3 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?4)";

/// Selects the least recently used sessions beyond the limit, but never the one that was just created. Considers only the 300
/// that expire first, so that a sign-in reads a bounded number of rows.
const EVICT: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE rowid IN (
      SELECT candidate FROM (
        SELECT other.rowid AS candidate, max(other.rotated_at, coalesce(other.last_used_at, '')) AS used_at
        FROM sessions AS begun
        JOIN sessions AS other ON other.user_id = begun.user_id AND other.revoked_at IS NULL
          AND other.token_expires_at > ?5 AND other.ends_at > ?1 AND other.rowid <> begun.rowid
        WHERE begun.id = ?2
        ORDER BY other.token_expires_at LIMIT 300)
      ORDER BY used_at DESC, candidate DESC LIMIT ?4 OFFSET ?3)
    RETURNING id, generation, recent_rotations";

/// Finds a row if [`EVICT`] is about to change one.
const EVICTS: &str = "
    SELECT 1 FROM (
      SELECT other.rowid FROM sessions AS begun
      JOIN sessions AS other ON other.user_id = begun.user_id AND other.revoked_at IS NULL
        AND other.token_expires_at > ?5 AND other.ends_at > ?1 AND other.rowid <> begun.rowid
      WHERE begun.id = ?2
      ORDER BY other.token_expires_at LIMIT 300)
    LIMIT ?4 OFFSET ?3";

impl Sessions {
    /// Creates a session, records the sign-in, and revokes the least recently used sessions beyond [`MAX_LIVE_SESSIONS`].
    /// Returns those; `None` if the user was changed meanwhile. No entry is written in that case. `sessions_revoked` is written
    /// if a session was revoked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn begin(
        &self,
        new: &NewSession<'_>,
        signed_in: &Signed,
        sessions_revoked: &Signed,
    ) -> Result<Option<Vec<RevokedSession>>, StoreError> {
        let (user_id, now) = (new.user_id.to_string(), new.created_at.to_string());
        let session = Statement::new(BEGIN)
            .text(new.id)
            .text(&user_id)
            .text(&now)
            .text(new.token_expires_at.to_string())
            .text(new.ends_at.to_string())
            .optional(new.device)
            .optional(new.address)
            .text(new.role.as_str())
            .optional(new.password_hash);
        let may_begin = || {
            Statement::new(BEGINS)
                .text(new.id)
                .text(&user_id)
                .text(new.role.as_str())
                .optional(new.password_hash)
        };
        let evict = |sql| {
            Statement::new(sql)
                .text(&now)
                .text(new.id)
                .number(MAX_LIVE_SESSIONS.saturating_sub(1))
                .number(if new.evicts { MAX_EVICTED_SESSIONS } else { 0 })
                .text(expired_until(new.created_at).to_string())
        };
        let mut statements = vec![
            recorded(session, may_begin, [signed_in]),
            Statement::new(RECORD_LOGIN)
                .text(&now)
                .optional(new.new_password_hash)
                .text(&user_id)
                .text(new.id),
        ];
        if let Some(attempt) = new.attempt {
            statements.extend(throttle::forget(attempt, new.id));
        }
        let evicts = || evict(EVICTS);
        statements.push(recorded(evict(EVICT), evicts, [sessions_revoked]));
        let outcomes = self.database.all(statements).await?;
        let [begun, .., revoked] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if begun.changes == 0 {
            return Ok(None);
        }
        revoked.rows(RevokedSession::read).map(Some)
    }
}
