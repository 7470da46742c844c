//! Refreshes the token of a session.

use super::rotate::Rotation;
use super::{Sessions, find, record};
use crate::domain::session::{SessionKind, SessionRecord};
use crate::runtime::StoreError;
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
    /// The client's country.
    pub country: Option<&'a str>,
}

/// The state in D1 after a [`Refresh`].
#[derive(Debug)]
pub struct Refreshed {
    /// The session.
    pub record: SessionRecord,
    /// Whether this call rotated the token.
    pub is_rotated: bool,
}

impl Sessions {
    /// Rotates the token of a session if the given one is current and the session is live; returns the state in D1
    /// afterwards. `None` if there is no such session.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn refresh(&self, refresh: &Refresh<'_>) -> Result<Option<Refreshed>, StoreError> {
        let rotation = Rotation {
            id: refresh.id,
            user_id: refresh.user_id,
            kind: SessionKind::Token,
            generation: refresh.generation,
            now: refresh.now,
            expires_at: refresh.now.plus(refresh.token_lifetime),
            replay_window: refresh.replay_window,
            device: refresh.device,
            address: refresh.address,
            country: refresh.country,
            is_authenticated: false,
            has_used_factor: false,
            checked_hash: None,
            cause: None,
        };
        let statements = [rotation.rotate(), find(refresh.id)];
        let [rotated, found] = self.database.batch(statements).await?;
        let is_rotated = rotated.changes > 0;
        let found = record(&found)?;
        Ok(found.map(|record| Refreshed { record, is_rotated }))
    }
}
