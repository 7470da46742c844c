//! The record of sessions: table `sessions`. Every question here goes to D1's primary; the cached sessions, and what
//! their delay costs at sign-out, are in `copies.rs`.
//!
//! A session is live while it is not revoked, before its absolute end, and while its current token can still be refreshed
//! ([`expired_until`]). All statements that list, count or revoke the sessions of a user have these three conditions, and
//! index `sessions_live` finds them.

use super::audit::recorded;
use super::throttle::{self, Reservation};
use super::users::user;
use crate::domain::audit::Signed;
use crate::domain::role::Role;
use crate::domain::session::{LAST_USED_STEP_SECONDS, Rotations, SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A session about to begin.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// SHA-256 of the token's `sid`, lower-case hex.
    pub id: &'a str,
    /// Whose it is.
    pub user_id: Uuid,
    /// The role that decided `ends_at`; the session does not begin if it has changed meanwhile.
    pub role: Role,
    /// Now.
    pub created_at: Timestamp,
    /// `exp` of its first token.
    pub token_expires_at: Timestamp,
    /// Its absolute end.
    pub ends_at: Timestamp,
    /// What the client says it is.
    pub device: Option<&'a str>,
    /// Where the client is.
    pub address: Option<&'a str>,
    /// The hash that the password was checked against; the session does not begin if it has changed meanwhile.
    pub password_hash: Option<&'a str>,
    /// A hash with today's parameters, to put in its place.
    pub new_password_hash: Option<&'a str>,
    /// Whether it revokes the user's least recently used sessions beyond [`MOST_LIVE`].
    pub evicts: bool,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: Option<&'a Reservation>,
}

/// A refresh of one token.
#[derive(Debug)]
pub struct Refresh<'a> {
    /// The session.
    pub id: &'a str,
    /// The token's user.
    pub user_id: Uuid,
    /// The token's generation.
    pub generation: u32,
    /// Now.
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

/// A session found by the time at which its current token was issued.
#[derive(Debug)]
pub struct Issued {
    /// The session.
    pub id: String,
    /// Its user.
    pub user_id: Uuid,
}

/// A live session, as shown to its user.
#[derive(Debug)]
pub struct SessionSummary {
    /// The session.
    pub id: String,
    /// The sign-in.
    pub created_at: Timestamp,
    /// The last refresh, or the sign-in.
    pub rotated_at: Timestamp,
    /// The last use, exact to an hour.
    pub last_used_at: Timestamp,
    /// Its absolute end.
    pub ends_at: Timestamp,
    /// The client's `User-Agent` at the sign-in.
    pub device: Option<String>,
    /// The client's address at the sign-in.
    pub address: Option<String>,
    /// The client's `User-Agent` at the last refresh.
    pub refresh_device: Option<String>,
    /// The client's address at the last refresh.
    pub refresh_address: Option<String>,
}

impl RevokedSession {
    pub(super) fn read(row: &mut Row) -> Result<Self, StoreError> {
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

impl SessionSummary {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            created_at: row.moment("created_at")?,
            rotated_at: row.moment("rotated_at")?,
            last_used_at: row.moment("last_used_at")?,
            ends_at: row.moment("ends_at")?,
            device: row.optional("device")?,
            address: row.optional("address")?,
            refresh_device: row.optional("refresh_device")?,
            refresh_address: row.optional("refresh_address")?,
        })
    }
}

fn rotations(row: &mut Row) -> Result<Rotations, StoreError> {
    let json = row.text("recent_rotations")?;
    Rotations::parse(&json).ok_or(StoreError::CorruptRow("recent_rotations"))
}

/// Maximum number of live sessions per user: more than a user has devices, and few enough to revoke all of them quickly. A
/// sign-in that exceeds it revokes the least recently used ones.
pub const MOST_LIVE: u32 = 100;
/// Maximum number of sessions that a sign-in revokes, whose cached sessions are overwritten at once. There may be more than
/// one too many after simultaneous sign-ins, or because of sessions of the application's own keys, which evict none.
const MOST_EVICTED: u32 = 200;

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

/// Selects the least recently used sessions beyond the limit, but never the one that was just created. Considers the 300
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

/// `last_login` of a session's user is the sign-in that began the session.
const FIND: &str = "
    SELECT sessions.id, sessions.generation, sessions.rotated_at, sessions.token_expires_at, sessions.ends_at,
           sessions.revoked_at, sessions.recent_rotations,
           max(sessions.rotated_at, coalesce(sessions.last_used_at, '')) AS last_used_at, users.id AS user_id, users.username, users.email, users.name, users.organization,
           users.aws_region, users.role, users.is_active, users.created_at AS user_created_at,
           users.updated_at AS user_updated_at, sessions.created_at AS last_login
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = ?1";

/// The one UPDATE that decides between many refreshes of one token. The right-hand sides see the row as it was: the current
/// generation is rotated out now, and rotations that have left the window (`?8`) are removed.
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

/// An expired session is revoked as well: its client has requested it, and a refresh in an isolate whose clock is behind
/// must not keep it alive.
const REVOKE: &str = "
    UPDATE sessions SET revoked_at = ?1 WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL";

/// Finds a row if [`REVOKE`] is about to change one.
const REVOKES: &str =
    "SELECT 1 FROM sessions WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL";

/// Also returns a session that had already been revoked: if that response was lost, its cached sessions may still exist.
const REVOKED: &str = "
    SELECT id, generation, recent_rotations FROM sessions WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NOT NULL";

const LIVE_OF: &str = "
    SELECT id, created_at, rotated_at, max(rotated_at, coalesce(last_used_at, '')) AS last_used_at, ends_at,
           device, address, refresh_device, refresh_address
    FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3
    ORDER BY token_expires_at DESC LIMIT 200";

/// The sessions whose cached sessions are overwritten. With RETURNING, thousands of rows would exceed the D1 timeout.
const LATEST_OF: &str = "
    SELECT id, generation, recent_rotations FROM sessions
    WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3
    ORDER BY token_expires_at DESC LIMIT 200";

/// Directly after [`LATEST_OF`].
const REVOKE_ALL: &str = "
    UPDATE sessions SET revoked_at = ?3
    WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3";

/// Finds a row if [`REVOKE_ALL`] is about to change one.
const REVOKES_ALL: &str = "
    SELECT 1 FROM sessions
    WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3";

/// Only one of several requests writes it.
const USED: &str = "
    UPDATE sessions SET last_used_at = ?1
    WHERE id = ?2 AND revoked_at IS NULL AND rotated_at <= ?3 AND coalesce(last_used_at, '') <= ?3";

/// A batch of the live sessions whose current token was issued at or after `?1` and before `?2`.
const ISSUED: &str = "
    SELECT id, user_id FROM sessions
    WHERE revoked_at IS NULL AND rotated_at >= ?1 AND rotated_at < ?2 AND token_expires_at > ?3 AND ends_at > ?4
    ORDER BY rotated_at DESC LIMIT ?5";

const REVOKE_ISSUED: &str = "
    UPDATE sessions SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL AND rotated_at < ?3
    RETURNING id, generation, recent_rotations";

/// Finds a row if [`REVOKE_ISSUED`] is about to change one.
const REVOKES_ISSUED: &str =
    "SELECT 1 FROM sessions WHERE id = ?1 AND revoked_at IS NULL AND rotated_at < ?2";

/// A revoked row is kept to its absolute end, so that its tokens find it ended; a bounded piece at a time, so that a sweep never
/// holds the one writer for long.
const REMOVE_OVER: &str = "
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

/// The sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    database: &'static Database,
}

impl Sessions {
    /// Sessions in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

    /// Begins a session, records the sign-in, and revokes the least recently used beyond [`MOST_LIVE`] live sessions, which
    /// it gives; `None` if the user was changed meanwhile, and then no entry is written. `sessions_revoked` is written if any
    /// was revoked.
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
                .number(MOST_LIVE.saturating_sub(1))
                .number(if new.evicts { MOST_EVICTED } else { 0 })
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
        let [begun, .., ended] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if begun.changes == 0 {
            return Ok(None);
        }
        ended.rows(RevokedSession::read).map(Some)
    }

    /// A session, ended ones too.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn find(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        let [found] = self.database.batch([Statement::new(FIND).text(id)]).await?;
        record(&found)
    }

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

    /// Records that a session is in use, if that has not been recorded for an hour.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn record_use(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = Statement::new(USED)
            .text(now.to_string())
            .text(id)
            .text(now.plus(-LAST_USED_STEP_SECONDS).to_string());
        self.database.batch([statement]).await.map(drop)
    }

    /// Revokes a session. The entries are written by the call that revokes it.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not say that it is revoked.
    pub async fn revoke<const N: usize>(
        &self,
        id: &str,
        user_id: Uuid,
        now: Timestamp,
        entries: [&Signed; N],
    ) -> Result<Revocation, StoreError> {
        let user_id = user_id.to_string();
        let revoke = Statement::new(REVOKE)
            .text(now.to_string())
            .text(id)
            .text(&user_id);
        let is_live = || Statement::new(REVOKES).text(id).text(&user_id);
        let find = Statement::new(REVOKED).text(id).text(&user_id);
        let [revoke, revoked] = self
            .database
            .batch([recorded(revoke, is_live, entries), find])
            .await?;
        Ok(match revoked.first(RevokedSession::read)? {
            None => Revocation::NotFound,
            Some(ended) if revoke.changes > 0 => Revocation::Done(ended),
            Some(ended) => Revocation::AlreadyRevoked(ended),
        })
    }

    /// A user's live sessions, most recent sign-in first, 200 at most.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn live_of(
        &self,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let [found] = self
            .database
            .batch([of_live_sessions(LIVE_OF, user_id, now)])
            .await?;
        let mut live = found.rows(SessionSummary::read)?;
        live.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        Ok(live)
    }

    /// Revokes all live sessions of a user; returns at most 200 of them, those that would have expired last.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the response must not say that they are revoked.
    pub async fn revoke_all(
        &self,
        user_id: Uuid,
        now: Timestamp,
        entry: &Signed,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let revoke = of_live_sessions(REVOKE_ALL, user_id, now);
        let has_live = || of_live_sessions(REVOKES_ALL, user_id, now);
        let [ended, _] = self
            .database
            .batch([
                of_live_sessions(LATEST_OF, user_id, now),
                recorded(revoke, has_live, [entry]),
            ])
            .await?;
        ended.rows(RevokedSession::read)
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
    ) -> Result<Vec<Issued>, StoreError> {
        let statement = Statement::new(ISSUED)
            .text(from.to_string())
            .text(before.to_string())
            .text(expired_until(now).to_string())
            .text(now.to_string())
            .number(most);
        let [found] = self.database.batch([statement]).await?;
        found.rows(|row| {
            Ok(Issued {
                id: row.text("id")?,
                user_id: row.uuid("user_id")?,
            })
        })
    }

    /// Revokes these sessions unless they were refreshed since `before`, each with its entry; returns those that it revoked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn revoke_issued(
        &self,
        sessions: &[(Issued, Signed)],
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let revoke = |(session, entry): &(Issued, Signed)| {
            let revoke = Statement::new(REVOKE_ISSUED)
                .text(now.to_string())
                .text(&session.id)
                .text(before.to_string());
            let revokes = || {
                Statement::new(REVOKES_ISSUED)
                    .text(&session.id)
                    .text(before.to_string())
            };
            recorded(revoke, revokes, [entry])
        };
        let statements = sessions.iter().map(revoke).collect();
        let outcomes = self.database.all(statements).await?;
        let mut ended = Vec::new();
        for outcome in &outcomes {
            ended.extend(outcome.first(RevokedSession::read)?);
        }
        Ok(ended)
    }

    /// Removes sessions that are past their absolute end with what was counted by them, at most a thousand a call; true if
    /// there may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn remove_over(&self, now: Timestamp) -> Result<bool, StoreError> {
        let [_, removed] = self
            .database
            .batch([
                throttle::remove_with_sessions(now),
                Statement::new(REMOVE_OVER).text(now.to_string()),
            ])
            .await?;
        Ok(removed.changes == 1_000)
    }
}

/// A statement about the live sessions of a user.
fn of_live_sessions(sql: &'static str, user_id: Uuid, now: Timestamp) -> Statement {
    Statement::new(sql)
        .text(user_id.to_string())
        .text(expired_until(now).to_string())
        .text(now.to_string())
}

fn record(found: &Outcome) -> Result<Option<SessionRecord>, StoreError> {
    found.first(|row| {
        Ok(SessionRecord {
            id: row.text("id")?,
            user: user(row)?,
            generation: row.count("generation")?,
            rotated_at: row.moment("rotated_at")?,
            token_expires_at: row.moment("token_expires_at")?,
            ends_at: row.moment("ends_at")?,
            revoked_at: row.optional_moment("revoked_at")?,
            rotations: rotations(row)?,
            last_used_at: row.moment("last_used_at")?,
        })
    })
}
