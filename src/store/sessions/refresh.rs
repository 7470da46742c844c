//! Rotates the token of a session.

use super::{FIND, Sessions, record};
use crate::domain::session::{SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A refresh of one token.
#[derive(Debug)]
pub struct Refresh<'a> {
    /// The session.
    pub id: &'a str,
    /// The token's user.
    pub user_id: Uuid,
    /// The token's generation.
    pub generation: u32,
    /// The time of the request.
    pub now: Timestamp,
    /// Lifetime of the next token in seconds.
    pub token_lifetime: i64,
    /// Seconds for which a token that is rotated out is remembered.
    pub replay_window: i64,
    /// The client's `User-Agent`.
    pub device: Option<&'a str>,
    /// The client's address.
    pub address: Option<&'a str>,
}

/// The state in D1 after a [`Refresh`].
#[derive(Debug)]
pub struct Refreshed {
    /// The session.
    pub record: SessionRecord,
    /// Whether this call rotated the token.
    pub is_rotated: bool,
}

/// If several requests refresh one token, this statement decides which of them rotates it. The right-hand sides refer to the
/// row before the update: the current generation is rotated out now, and rotations that have left the window (`?8`) are
/// removed.
const ROTATE: &str = "
    UPDATE sessions SET
      generation = generation + 1, rotated_at = ?1, token_expires_at = min(?2, ends_at),
      refresh_device = ?6, refresh_address = ?7,
      recent_rotations = (
        SELECT json_group_array(json_array(at, first)) FROM (
          SELECT value ->> 0 AS at, value ->> 1 AS first FROM json_each(sessions.recent_rotations)
          WHERE value ->> 0 > unixepoch(?8)
          UNION ALL
          SELECT unixepoch(?1), sessions.generation
          WHERE NOT EXISTS (
            SELECT 1 FROM json_each(sessions.recent_rotations)
            WHERE value ->> 0 = unixepoch(?1) AND value ->> 0 > unixepoch(?8))))
    WHERE id = ?3 AND user_id = ?4 AND generation = ?5 AND revoked_at IS NULL AND ends_at > ?1 AND token_expires_at > ?9
      AND EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id AND users.is_active = 1)";

impl Sessions {
    /// Rotates the token of a session if the given one is current and the session is live; returns the state in D1
    /// afterwards. `None` if there is no such session.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn refresh(&self, refresh: &Refresh<'_>) -> Result<Option<Refreshed>, StoreError> {
        let now = refresh.now;
        let [rotated, found] = self
            .database
            .batch([
                Statement::new(ROTATE)
                    .text(now.to_string())
                    .text(now.plus(refresh.token_lifetime).to_string())
                    .text(refresh.id)
                    .text(refresh.user_id.to_string())
                    .number(refresh.generation)
                    .optional(refresh.device)
                    .optional(refresh.address)
                    .text(now.minus(refresh.replay_window).to_string())
                    .text(expired_until(now).to_string()),
                Statement::new(FIND).text(refresh.id),
            ])
            .await?;
        let is_rotated = rotated.changes > 0;
        let found = record(&found)?;
        Ok(found.map(|record| Refreshed { record, is_rotated }))
    }
}
