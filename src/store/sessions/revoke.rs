//! Revokes sessions: one, or all of a user. All code that revokes sessions uses these statements, except a sign-in that evicts
//! the least recently used ones (`begin.rs`).

use super::{Sessions, rotations};
use crate::domain::audit::Signed;
use crate::domain::session::{Rotations, SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::{Outcome, Statement};
use crate::runtime::row::Row;
use crate::store::audit::recorded;
use crate::store::oauth_grants::revoke_of_user;
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

/// The entries of a call that revokes all sessions and grants of a user.
#[derive(Clone, Copy, Debug)]
pub struct RevokedAll<'a> {
    /// Written if there is a live session.
    pub sessions: &'a Signed,
    /// Written if there is a grant.
    pub grants: &'a Signed,
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
    /// The administrator may not revoke it any more.
    NotPermitted,
}

/// A session to be revoked.
#[derive(Clone, Copy, Debug)]
pub struct Revoke<'a> {
    /// The session.
    pub id: &'a str,
    /// Its user.
    pub user: Uuid,
    /// The administrator who revokes it; `None` for the user and the service itself.
    pub actor: Option<Uuid>,
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
/// time. `?5`, if not NULL, is the administrator, who still has to be allowed to do it.
const REVOKE: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL AND (?4 IS NULL OR rotated_at < ?4)
      AND (?5 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?5
        WHERE users.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str = "
    SELECT 1 FROM sessions
    WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL AND (?3 IS NULL OR rotated_at < ?3)
      AND (?4 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?4
        WHERE users.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

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
/// it exists if this batch has made the change. `?6`, if not NULL, is the administrator, who still has to be allowed to do it.
const REVOKE_ALL: &str = "
    UPDATE sessions SET revoked_at = ?4
    WHERE user_id = ?1 AND id IS NOT ?2 AND revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?5))
      AND (?6 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?6
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Finds a row if [`REVOKE_ALL`] is about to change one.
const REVOKES_ALL: &str = "
    SELECT 1 FROM sessions
    WHERE user_id = ?1 AND id IS NOT ?2 AND revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit.id = ?5))
      AND (?6 IS NULL OR EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?6
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))))";

/// Finds a row if the administrator `?2` may revoke sessions of the user: the condition of [`REVOKE`] and [`REVOKE_ALL`].
const MAY_REVOKE: &str = "
    SELECT 1 FROM users JOIN administrators ON administrators.id = ?2
    WHERE users.id = ?1
      AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user'))";

/// The effect of [`RevokeAll`] on the grants of the user. Grants without `offline_access` end with their session in any case.
#[derive(Clone, Copy)]
pub(in crate::store) enum GrantsOfUser<'a> {
    /// They stay.
    Keep,
    /// They are revoked; the entry of the cause covers that.
    Revoke,
    /// They are revoked; this entry is written if there are any.
    Record(&'a Signed),
}

/// Revokes the live sessions of a user.
pub(in crate::store) struct RevokeAll<'a> {
    /// The user.
    pub user: Uuid,
    /// The session that stays.
    pub keep: Option<&'a str>,
    /// The entry of the change that revokes the sessions, in an earlier statement of the batch. Without its entry, nothing is
    /// revoked.
    pub cause: Option<&'a Signed>,
    /// The administrator, unless another statement of the batch checks whether the change is allowed; `None` for the user.
    pub actor: Option<Uuid>,
    /// The time of the request.
    pub now: Timestamp,
    /// The entry that is written if a session is revoked.
    pub entry: &'a Signed,
    /// The grants of the user.
    pub grants: GrantsOfUser<'a>,
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
        let actor = self.actor.map(|actor| actor.to_string());
        let conditional = |sql| of_sessions(sql).optional(cause).optional(actor.as_ref());
        let revoke = conditional(REVOKE_ALL);
        let revokes = || conditional(REVOKES_ALL);
        let revoke = recorded(revoke, revokes, [self.entry]);
        let grants = match self.grants {
            GrantsOfUser::Keep => None,
            GrantsOfUser::Revoke => Some(None),
            GrantsOfUser::Record(entry) => Some(Some(entry)),
        };
        let grants =
            grants.map(|entry| revoke_of_user(self.user, self.now, self.cause, self.actor, entry));
        [of_sessions(LATEST), revoke.followed_by(grants)]
    }
}

/// Finds a row if the administrator may revoke sessions of the user; without an administrator, always.
fn may_revoke(user: Uuid, actor: Option<Uuid>) -> Option<Statement> {
    actor.map(|actor| {
        Statement::new(MAY_REVOKE)
            .text(user.to_string())
            .text(actor.to_string())
    })
}

pub(super) fn revoke_one<const N: usize>(
    session: Revoke<'_>,
    issued_before: Option<Timestamp>,
    now: Timestamp,
    entries: [&Signed; N],
) -> [Statement; 2] {
    let (id, user) = (session.id, session.user.to_string());
    let actor = session.actor.map(|actor| actor.to_string());
    let issued_before = issued_before.map(|time| time.to_string());
    let revoke = Statement::new(REVOKE)
        .text(now.to_string())
        .text(id)
        .text(&user)
        .optional(issued_before.as_ref())
        .optional(actor.as_ref());
    let revokes = || {
        Statement::new(REVOKES)
            .text(id)
            .text(&user)
            .optional(issued_before.as_ref())
            .optional(actor.as_ref())
    };
    let found = Statement::new(REVOKED).text(id).text(&user);
    [recorded(revoke, revokes, entries), found]
}

/// Whether [`MAY_REVOKE`], if it was sent, found a row.
fn is_permitted(outcomes: &[Outcome]) -> Result<bool, StoreError> {
    outcomes.iter().try_fold(true, |is_permitted, outcome| {
        Ok(is_permitted && outcome.first(|_| Ok(()))?.is_some())
    })
}

impl Sessions {
    /// Revokes a session. The entries are written by the call that revokes it.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not state that the session is revoked.
    pub async fn revoke<const N: usize>(
        &self,
        session: Revoke<'_>,
        now: Timestamp,
        entries: [&Signed; N],
    ) -> Result<Revocation, StoreError> {
        let mut statements = Vec::from(revoke_one(session, None, now, entries));
        statements.extend(may_revoke(session.user, session.actor));
        let outcomes = self.database.all(statements).await?;
        let [revoke, revoked, permitted @ ..] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if !is_permitted(permitted)? {
            return Ok(Revocation::NotPermitted);
        }
        Ok(match revoked.first(RevokedSession::read)? {
            None => Revocation::NotFound,
            Some(session) if revoke.changes > 0 => Revocation::Done(session),
            Some(session) => Revocation::AlreadyRevoked(session),
        })
    }

    /// Revokes all live sessions and all grants of a user. `None` if this administrator is no longer permitted to do this.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not state that the sessions are revoked.
    pub async fn revoke_all(
        &self,
        user: Uuid,
        actor: Option<Uuid>,
        now: Timestamp,
        entries: RevokedAll<'_>,
    ) -> Result<Option<RevokedSessions>, StoreError> {
        let revoke = RevokeAll {
            user,
            keep: None,
            cause: None,
            actor,
            now,
            entry: entries.sessions,
            grants: GrantsOfUser::Record(entries.grants),
        };
        let mut statements = Vec::from(revoke.statements());
        statements.extend(may_revoke(user, actor));
        let outcomes = self.database.all(statements).await?;
        let [latest, revoked, permitted @ ..] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if !is_permitted(permitted)? {
            return Ok(None);
        }
        Ok(Some(RevokedSessions {
            latest: latest.rows(RevokedSession::read)?,
            count: revoked.changes,
        }))
    }
}
