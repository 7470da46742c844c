//! Revokes sessions: one, or all of a user. All code that revokes sessions uses these statements, except a sign-in that evicts
//! the least recently used ones (`begin.rs`).

use super::{Sessions, rotations};
use crate::domain::audit::Signed;
use crate::domain::session::{Rotations, SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::runtime::row::Row;
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A session that was revoked, with the data that is needed to overwrite its cached sessions.
#[derive(Debug)]
pub struct RevokedSession {
    /// The session.
    pub id: String,
    /// Its current generation.
    pub generation: u32,
    /// When the previous generations were rotated out.
    pub rotations: Rotations,
}

/// The outcome of a call that revokes all sessions of a user.
#[derive(Debug)]
pub struct RevokedSessions {
    /// At most 200 of them, those that would have expired last.
    pub latest: Vec<RevokedSession>,
    /// Their number.
    pub count: u32,
}

/// The outcome of a call that revokes one session.
#[derive(Debug)]
pub enum Revocation {
    /// This call revoked it.
    Done(RevokedSession),
    /// It had already been revoked, and nothing was written.
    AlreadyRevoked(RevokedSession),
    /// The user has no such session.
    NotFound,
}

/// A session that was selected by the issue time of its current token.
#[derive(Debug)]
pub struct IssuedSession {
    /// The session.
    pub id: String,
    /// Its user.
    pub user_id: Uuid,
}

impl RevokedSession {
    pub(in crate::store) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            generation: row.count("generation")?,
            rotations: rotations(row)?,
        })
    }
}

impl From<SessionRecord> for RevokedSession {
    fn from(record: SessionRecord) -> Self {
        Self {
            id: record.id,
            generation: record.generation,
            rotations: record.rotations,
        }
    }
}

/// An expired session is revoked as well: its client has requested the revocation, and a refresh in an isolate whose clock is
/// behind must not keep it alive. If `?4` is not NULL, the session is revoked only if its current token was issued before that
/// time.
const REVOKE: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL AND (?4 IS NULL OR rotated_at < ?4)";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str = "
    SELECT 1 FROM sessions
    WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL AND (?3 IS NULL OR rotated_at < ?3)";

/// Also returns a session that had already been revoked: if the earlier request failed after the write, its cached sessions may
/// still exist.
pub(super) const REVOKED: &str = "
    SELECT id, generation, recent_rotations FROM sessions WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NOT NULL";

/// The sessions whose cached sessions are overwritten; read before they are revoked. RETURNING is not used, because returning
/// thousands of rows would exceed the D1 timeout.
const LATEST: &str = "
    SELECT id, generation, recent_rotations FROM sessions
    WHERE user_id = ?1 AND id IS NOT ?2 AND revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
    ORDER BY token_expires_at DESC LIMIT 200";

/// `?2`, if not NULL, is the session that stays. `?5`, if not NULL, is the audit entry of the change that revokes the sessions;
/// it exists if this batch has made the change.
const REVOKE_ALL: &str = "
    UPDATE sessions SET revoked_at = ?4
    WHERE user_id = ?1 AND id IS NOT ?2 AND revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?5))";

/// Finds a row if [`REVOKE_ALL`] is about to change one.
const REVOKES_ALL: &str = "
    SELECT 1 FROM sessions
    WHERE user_id = ?1 AND id IS NOT ?2 AND revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?5))";

/// A batch of the live sessions whose current token was issued at or after `?1` and before `?2`.
const ISSUED: &str = "
    SELECT id, user_id FROM sessions
    WHERE revoked_at IS NULL AND rotated_at >= ?1 AND rotated_at < ?2 AND token_expires_at > ?3 AND ends_at > ?4
    ORDER BY rotated_at DESC LIMIT ?5";

/// Revokes the live sessions of a user.
pub(in crate::store) struct RevokeAll<'a> {
    /// The user.
    pub user: Uuid,
    /// The session that stays.
    pub keep: Option<&'a str>,
    /// The entry of the change that revokes the sessions, in an earlier statement of the batch. Without its entry, nothing is
    /// revoked.
    pub cause: Option<&'a Signed>,
    /// The time of the request.
    pub now: Timestamp,
    /// The entry that is written if a session is revoked.
    pub entry: &'a Signed,
}

impl RevokeAll<'_> {
    /// The first statement returns at most 200 of the sessions, those that would have expired last, as
    /// [`RevokedSession::read`] reads them. The second one revokes all.
    pub fn statements(&self) -> [Statement; 2] {
        let of_sessions = |sql| {
            Statement::new(sql)
                .text(self.user.to_string())
                .optional(self.keep)
                .text(expired_until(self.now).to_string())
                .text(self.now.to_string())
        };
        let cause = self.cause.map(|cause| &cause.entry.id);
        let revoke = of_sessions(REVOKE_ALL).optional(cause);
        let revokes = || of_sessions(REVOKES_ALL).optional(cause);
        [of_sessions(LATEST), recorded(revoke, revokes, [self.entry])]
    }
}

fn revoke_one<const N: usize>(
    id: &str,
    user: Uuid,
    issued_before: Option<Timestamp>,
    now: Timestamp,
    entries: [&Signed; N],
) -> [Statement; 2] {
    let user = user.to_string();
    let issued_before = issued_before.map(|time| time.to_string());
    let revoke = Statement::new(REVOKE)
        .text(now.to_string())
        .text(id)
        .text(&user)
        .optional(issued_before.as_ref());
    let revokes = || {
        Statement::new(REVOKES)
            .text(id)
            .text(&user)
            .optional(issued_before.as_ref())
    };
    let found = Statement::new(REVOKED).text(id).text(&user);
    [recorded(revoke, revokes, entries), found]
}

impl Sessions {
    /// Revokes a session. The entries are written by the call that revokes it.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not state that the session is revoked.
    pub async fn revoke<const N: usize>(
        &self,
        id: &str,
        user_id: Uuid,
        now: Timestamp,
        entries: [&Signed; N],
    ) -> Result<Revocation, StoreError> {
        let statements = revoke_one(id, user_id, None, now, entries);
        let [revoke, revoked] = self.database.batch(statements).await?;
        Ok(match revoked.first(RevokedSession::read)? {
            None => Revocation::NotFound,
            Some(session) if revoke.changes > 0 => Revocation::Done(session),
            Some(session) => Revocation::AlreadyRevoked(session),
        })
    }

    /// Revokes all live sessions of a user.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not state that the sessions are revoked.
    pub async fn revoke_all(
        &self,
        user: Uuid,
        now: Timestamp,
        entry: &Signed,
    ) -> Result<RevokedSessions, StoreError> {
        let revoke = RevokeAll {
            user,
            keep: None,
            cause: None,
            now,
            entry,
        };
        let [latest, revoked] = self.database.batch(revoke.statements()).await?;
        Ok(RevokedSessions {
            latest: latest.rows(RevokedSession::read)?,
            count: revoked.changes,
        })
    }

    /// A batch of the live sessions whose current token was issued between these times, the latest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn issued(
        &self,
        from: Timestamp,
        before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<IssuedSession>, StoreError> {
        let statement = Statement::new(ISSUED)
            .text(from.to_string())
            .text(before.to_string())
            .text(expired_until(now).to_string())
            .text(now.to_string())
            .number(most);
        let [found] = self.database.batch([statement]).await?;
        found.rows(|row| {
            Ok(IssuedSession {
                id: row.text("id")?,
                user_id: row.uuid("user_id")?,
            })
        })
    }

    /// Revokes these sessions unless they have been refreshed since `before`, each with its entry; returns those that it
    /// revoked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn revoke_issued(
        &self,
        sessions: &[(IssuedSession, Signed)],
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let statements = sessions.iter().flat_map(|(session, entry)| {
            revoke_one(&session.id, session.user_id, Some(before), now, [entry])
        });
        let outcomes = self.database.all(statements.collect()).await?;
        let mut revoked = Vec::new();
        for outcome in outcomes.chunks(2) {
            if let [revoke, found] = outcome
                && revoke.changes > 0
            {
                revoked.extend(found.first(RevokedSession::read)?);
            }
        }
        Ok(revoked)
    }
}
