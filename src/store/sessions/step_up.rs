//! Records that the user of a session has authenticated again.

use super::rotate::Rotation;
use super::{Sessions, find, record};
use crate::domain::audit::Signed;
use crate::domain::session::{SessionKind, SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::store::factors::FactorWrites;
use crate::store::required::required;
use crate::store::throttle::{self, Reservation};
use crate::timestamp::Timestamp;

/// An authentication in a session.
#[derive(Debug)]
pub struct StepUp<'a> {
    /// The session, as it was read for the request.
    pub session: &'a SessionRecord,
    /// Whether the cookie of a cookie session is rotated.
    pub rotates: bool,
    /// The time of the request.
    pub now: Timestamp,
    /// When a cookie session expires unless it is used before.
    pub idle_end: Timestamp,
    /// Seconds for which a cookie that is rotated out is remembered.
    pub replay_window: i64,
    /// The client's `User-Agent`.
    pub device: Option<&'a str>,
    /// The client's address.
    pub address: Option<&'a str>,
    /// The client's country.
    pub country: Option<&'a str>,
    /// The hash that the password was checked against, if the user gave one. If it has changed in the meantime, nothing is written.
    pub checked_hash: Option<&'a str>,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: Option<&'a Reservation>,
    /// The factor that was used, with its writes. They are made, or nothing is.
    pub factor: Option<&'a FactorWrites<'a>>,
}

/// The token or cookie stays as it is.
const AUTHENTICATE: &str = "
    UPDATE sessions SET authenticated_at = ?1, factor_at = iif(?7 = 1, ?1, factor_at),
      step_up_codes = iif(?7 = 1, 0, step_up_codes)
    WHERE id = ?2 AND user_id = ?3 AND (is_cookie = 0 OR generation = ?5) AND revoked_at IS NULL AND ends_at > ?1 AND token_expires_at > ?4
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = sessions.user_id AND users.is_active = 1 AND (?6 IS NULL OR password_hash = ?6))";

/// Finds a row if [`AUTHENTICATE`] is about to change one.
const AUTHENTICATES: &str = "
    SELECT 1 FROM sessions
    WHERE ?7 IN (0, 1) AND id = ?2 AND user_id = ?3 AND (is_cookie = 0 OR generation = ?5) AND revoked_at IS NULL AND ends_at > ?1 AND token_expires_at > ?4
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = sessions.user_id AND users.is_active = 1 AND (?6 IS NULL OR password_hash = ?6))";

impl Sessions {
    /// Records the authentication, and rotates the cookie if this is asked for. A token is not rotated: the client has it, and the
    /// response to a step-up contains none. Returns the session afterwards; `None` if the
    /// session or the user was changed meanwhile. Nothing is written in that case.
    ///
    /// # Errors
    /// Any [`StoreError`]. `Conflict` if the session or the user was changed and a factor was used, or the factor cannot be used any more.
    pub async fn step_up(
        &self,
        step_up: &StepUp<'_>,
        entry: &Signed,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let (session, now) = (step_up.session, step_up.now);
        let write = if step_up.rotates && session.kind == SessionKind::Cookie {
            let rotation = step_up.rotation();
            recorded(rotation.rotate(), || rotation.rotates(), [entry])
        } else {
            let authenticate = |sql| {
                Statement::new(sql)
                    .text(now.to_string())
                    .text(&session.id)
                    .text(session.user.id.to_string())
                    .text(expired_until(now).to_string())
                    .number(session.generation)
                    .optional(step_up.checked_hash)
                    .number(u32::from(step_up.factor.is_some()))
            };
            let authenticates = || authenticate(AUTHENTICATES);
            recorded(authenticate(AUTHENTICATE), authenticates, [entry])
        };
        let write = match step_up.factor {
            Some(factor) => {
                let user = session.user.id.to_string();
                required(write.preceded_by(factor.statements(&user, &now.to_string())))
            }
            None => write,
        };
        let mut statements = vec![write];
        if let Some(attempt) = step_up.attempt {
            statements.extend(throttle::forget(attempt, &session.id));
        }
        statements.push(find(&session.id));
        let outcomes = self.database.all(statements).await?;
        let [written, .., found] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if written.changes == 0 {
            return Ok(None);
        }
        record(found)
    }
}

impl<'a> StepUp<'a> {
    fn rotation(&self) -> Rotation<'a> {
        Rotation {
            id: &self.session.id,
            user_id: self.session.user.id,
            kind: SessionKind::Cookie,
            generation: self.session.generation,
            now: self.now,
            expires_at: self.idle_end,
            replay_window: self.replay_window,
            device: self.device,
            address: self.address,
            country: self.country,
            is_authenticated: true,
            has_used_factor: self.factor.is_some(),
            checked_hash: self.checked_hash,
            cause: None,
        }
    }
}
