//! Rotates the token or cookie of a session: the statement of `/refresh`, of a step-up and of a change of password.

use crate::domain::session::{SessionKind, expired_until};
use crate::runtime::d1::Statement;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A rotation.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Rotation<'a> {
    /// The session.
    pub id: &'a str,
    /// Its user.
    pub user_id: Uuid,
    /// Whether it is used with a token or with a cookie. A session of the other kind is not rotated.
    pub kind: SessionKind,
    /// The current generation.
    pub generation: u32,
    /// The time of the request.
    pub now: Timestamp,
    /// When the next token expires, or when the session expires unless the next cookie is used. It never exceeds the end of the
    /// session.
    pub expires_at: Timestamp,
    /// Seconds for which a token or cookie that is rotated out is remembered.
    pub replay_window: i64,
    /// The client's `User-Agent`.
    pub device: Option<&'a str>,
    /// The client's address.
    pub address: Option<&'a str>,
    /// The client's country.
    pub country: Option<&'a str>,
    /// Whether the user has just authenticated.
    pub is_authenticated: bool,
    /// Whether the user did so with a factor.
    pub has_used_factor: bool,
    /// The hash that the password was checked against, if the rotation follows such a check.
    pub checked_hash: Option<&'a str>,
    /// The id of the audit entry of the change that rotates the cookie, in an earlier statement of the batch. Without its entry,
    /// nothing is rotated.
    pub cause: Option<&'a str>,
}

/// If several requests rotate one generation, this statement decides which of them does. The right-hand sides refer to the row
/// before the update: the current generation is rotated out now, and rotations that have left the window (`?8`) are removed.
const ROTATE: &str = "
    UPDATE sessions SET
      generation = generation + 1, rotated_at = ?1, token_expires_at = min(?2, ends_at),
      refresh_device = ?6, refresh_address = ?7, refresh_country = ?13,
      authenticated_at = coalesce(?11, authenticated_at), factor_at = iif(?15 = 1, ?1, factor_at),
      step_up_codes = iif(?15 = 1, 0, step_up_codes),
      recent_rotations = (
        SELECT json_group_array(json_array(at, first)) FROM (
          SELECT value ->> 0 AS at, value ->> 1 AS first FROM json_each(sessions.recent_rotations)
          WHERE value ->> 0 > unixepoch(?8)
          UNION ALL
          SELECT unixepoch(?1), sessions.generation
          WHERE NOT EXISTS (
            SELECT 1 FROM json_each(sessions.recent_rotations)
            WHERE value ->> 0 = unixepoch(?1) AND value ->> 0 > unixepoch(?8))))
    WHERE id = ?3 AND user_id = ?4 AND generation = ?5 AND is_cookie = ?10
      AND revoked_at IS NULL AND ends_at > ?1 AND token_expires_at > ?9
      AND (?12 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?12))
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = sessions.user_id AND users.is_active = 1 AND (?14 IS NULL OR password_hash = ?14))";

/// Finds a row if [`ROTATE`] is about to change one.
const ROTATES: &str = "
    SELECT 1 FROM sessions
    WHERE id = ?1 AND user_id = ?2 AND generation = ?3 AND is_cookie = ?4
      AND revoked_at IS NULL AND ends_at > ?5 AND token_expires_at > ?6
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = sessions.user_id AND users.is_active = 1 AND (?7 IS NULL OR password_hash = ?7))";

impl Rotation<'_> {
    /// The statement that rotates.
    pub fn rotate(&self) -> Statement {
        let now = self.now;
        let authenticated_at = self.is_authenticated.then(|| now.to_string());
        Statement::new(ROTATE)
            .text(now.to_string())
            .text(self.expires_at.to_string())
            .text(self.id)
            .text(self.user_id.to_string())
            .number(self.generation)
            .optional(self.device)
            .optional(self.address)
            .text(now.minus(self.replay_window).to_string())
            .text(expired_until(now).to_string())
            .number(is_cookie(self.kind))
            .optional(authenticated_at)
            .optional(self.cause)
            .optional(self.country)
            .optional(self.checked_hash)
            .number(u32::from(self.has_used_factor))
    }

    /// The condition of [`Rotation::rotate`] for [`recorded`](crate::store::audit::recorded). It does not cover `cause`.
    pub fn rotates(&self) -> Statement {
        Statement::new(ROTATES)
            .text(self.id)
            .text(self.user_id.to_string())
            .number(self.generation)
            .number(is_cookie(self.kind))
            .text(self.now.to_string())
            .text(expired_until(self.now).to_string())
            .optional(self.checked_hash)
    }
}

/// The column `is_cookie`.
pub(super) fn is_cookie(kind: SessionKind) -> u32 {
    u32::from(kind == SessionKind::Cookie)
}
