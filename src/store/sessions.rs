//! The record of sessions: table `sessions`. Every question here goes to D1's primary; the copies at the edge, and what
//! their delay costs at sign-out, are in `copies.rs`.

use super::StoreError;
use super::audit::append_if_changed;
use super::d1::{Database, Outcome, Statement};
use super::row::Row;
use super::throttle::{self, Reservation};
use super::users::user;
use crate::account::audit::Signed;
use crate::account::role::Role;
use crate::account::session::SessionRecord;
use crate::account::timestamp::Timestamp;
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
    /// Whether it ends the person's oldest sessions beyond [`MOST_LIVE`].
    pub ends_oldest: bool,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: Option<&'a Reservation>,
}

/// A session that was ended, with what is needed to end its copies.
#[derive(Debug)]
pub struct Ended {
    /// The session.
    pub id: String,
    /// Its last generation.
    pub generation: u32,
}

/// A live session, as its person is shown it.
#[derive(Debug)]
pub struct Live {
    /// The session.
    pub id: String,
    /// The sign-in.
    pub created_at: Timestamp,
    /// The last refresh, or the sign-in.
    pub rotated_at: Timestamp,
    /// Its absolute end.
    pub ends_at: Timestamp,
    /// What the client said it is.
    pub device: Option<String>,
    /// Where the client was.
    pub address: Option<String>,
}

impl Ended {
    pub(super) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            generation: row.count("generation")?,
        })
    }
}

impl Live {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            created_at: row.moment("created_at")?,
            rotated_at: row.moment("rotated_at")?,
            ends_at: row.moment("ends_at")?,
            device: row.optional("device")?,
            address: row.optional("address")?,
        })
    }
}

/// Live sessions of one person at most: more than anybody has devices, and few enough that ending all of them is quick. At
/// the sign-in that begins one more the oldest end.
pub const MOST_LIVE: u32 = 100;
/// Of thousands from before there was a limit so many end at each sign-in, which are as many copies as are overwritten at once.
const MOST_ENDED: u32 = 200;

/// Begins only for a person who is still active, with the role and the password that were just checked.
const BEGIN: &str = "
    INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address)
    SELECT ?1, id, 0, ?3, ?3, ?4, ?5, ?6, ?7
    FROM users WHERE id = ?2 AND is_active = 1 AND role = ?8 AND (?9 IS NULL OR password_hash = ?9)
    ON CONFLICT (id) DO NOTHING";

const RECORD_LOGIN: &str = "
    UPDATE users SET last_login = ?1, password_hash = coalesce(?2, password_hash)
    WHERE id = ?3 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?4)";

/// The oldest beyond so many others, never the session that has just begun.
const REVOKE_OLDEST: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE rowid IN (
      SELECT other.rowid FROM sessions AS begun
      JOIN sessions AS other ON other.user_id = begun.user_id AND other.revoked_at IS NULL AND other.rowid <> begun.rowid
      WHERE begun.id = ?2
      ORDER BY other.created_at DESC, other.rowid DESC LIMIT ?4 OFFSET ?3)
    RETURNING id, generation";

/// `last_login` of a session's person is the sign-in that began the session.
const FIND: &str = "
    SELECT sessions.id, sessions.generation, sessions.rotated_at, sessions.token_expires_at, sessions.ends_at,
           sessions.revoked_at, users.id AS user_id, users.username, users.email, users.name, users.organization,
           users.aws_region, users.role, users.is_active, users.created_at AS user_created_at,
           users.updated_at AS user_updated_at, sessions.created_at AS last_login
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = ?1";

/// The one UPDATE that decides between many refreshes of one token.
const ROTATE: &str = "
    UPDATE sessions SET generation = generation + 1, rotated_at = ?1, token_expires_at = min(?2, ends_at)
    WHERE id = ?3 AND user_id = ?4 AND generation = ?5 AND revoked_at IS NULL AND ends_at > ?1
      AND EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id AND users.is_active = 1)";

const REVOKE: &str = "
    UPDATE sessions SET revoked_at = ?1 WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL";

/// Gives a session that has ended before as well: if the answer was lost then, its copies are still to be ended.
const REVOKED: &str = "
    SELECT id, generation FROM sessions WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NOT NULL";

const LIVE_OF: &str = "
    SELECT id, created_at, rotated_at, ends_at, device, address FROM sessions
    WHERE user_id = ?1 AND revoked_at IS NULL AND ends_at > ?2
    ORDER BY created_at DESC, rowid DESC LIMIT 200";

/// Those whose copies are overwritten. What RETURNING gave of thousands would take longer than D1 is waited for.
const LATEST_OF: &str = "
    SELECT id, generation FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL
    ORDER BY created_at DESC LIMIT 200";

/// Directly after [`LATEST_OF`].
const REVOKE_ALL: &str = "
    UPDATE sessions SET revoked_at = ?1 WHERE user_id = ?2 AND revoked_at IS NULL";

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

    /// Begins a session, records the sign-in, and ends the oldest of more than [`MOST_LIVE`] sessions, which it gives; `None`
    /// if the person was changed meanwhile, and then no entry is written. `sessions_revoked` is written if any ended.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn begin(
        &self,
        new: &NewSession<'_>,
        signed_in: &Signed,
        sessions_revoked: &Signed,
    ) -> Result<Option<Vec<Ended>>, StoreError> {
        let (user_id, now) = (new.user_id.to_string(), new.created_at.to_string());
        let mut statements = vec![
            Statement::new(BEGIN)
                .text(new.id)
                .text(&user_id)
                .text(&now)
                .text(new.token_expires_at.to_string())
                .text(new.ends_at.to_string())
                .optional(new.device)
                .optional(new.address)
                .text(new.role.as_str())
                .optional(new.password_hash),
            append_if_changed(signed_in),
            Statement::new(RECORD_LOGIN)
                .text(&now)
                .optional(new.new_password_hash)
                .text(&user_id)
                .text(new.id),
        ];
        if let Some(attempt) = new.attempt {
            statements.extend(throttle::forget(attempt, new.id));
        }
        statements.extend([
            Statement::new(REVOKE_OLDEST)
                .text(&now)
                .text(new.id)
                .number(MOST_LIVE.saturating_sub(1))
                .number(if new.ends_oldest { MOST_ENDED } else { 0 }),
            append_if_changed(sessions_revoked),
        ]);
        let outcomes = self.database.all(statements).await?;
        let [begun, .., ended, _] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if begun.changes == 0 {
            return Ok(None);
        }
        ended.rows(Ended::read).map(Some)
    }

    /// A session, ended ones too.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn find(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        let [found] = self.database.batch([Statement::new(FIND).text(id)]).await?;
        record(&found)
    }

    /// Moves a session from this generation to the next, if it still is at this one; gives what D1 has afterwards, so
    /// that the caller sees whether this call, another or none moved it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn rotate(
        &self,
        id: &str,
        user_id: Uuid,
        generation: u32,
        now: Timestamp,
        token_lifetime: i64,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let user_id = user_id.to_string();
        let [_, found] = self
            .database
            .batch([
                Statement::new(ROTATE)
                    .text(now.to_string())
                    .text(now.plus(token_lifetime).to_string())
                    .text(id)
                    .text(&user_id)
                    .number(generation),
                Statement::new(FIND).text(id),
            ])
            .await?;
        record(&found)
    }

    /// Ends a session, or finds it ended; `None` if there is none. The entries are written by the call that ends it.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nobody may be told that it has ended.
    pub async fn revoke<const N: usize>(
        &self,
        id: &str,
        user_id: Uuid,
        now: Timestamp,
        entries: [&Signed; N],
    ) -> Result<Option<Ended>, StoreError> {
        let user_id = user_id.to_string();
        let revoke = Statement::new(REVOKE)
            .text(now.to_string())
            .text(id)
            .text(&user_id);
        let revoked = Statement::new(REVOKED).text(id).text(&user_id);
        let statements = std::iter::once(revoke)
            .chain(entries.map(append_if_changed))
            .chain([revoked]);
        let outcomes = self.database.all(statements.collect()).await?;
        let ended = outcomes.last();
        ended.map_or(Ok(None), |ended| ended.first(Ended::read))
    }

    /// A person's live sessions, the newest first, 200 at most.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn live_of(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Live>, StoreError> {
        let find = Statement::new(LIVE_OF)
            .text(user_id.to_string())
            .text(now.to_string());
        let [found] = self.database.batch([find]).await?;
        found.rows(Live::read)
    }

    /// Ends all sessions of a person, and gives the newest, 200 at most.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nobody may be told that they have ended.
    pub async fn revoke_all(
        &self,
        user_id: Uuid,
        now: Timestamp,
        entry: &Signed,
    ) -> Result<Vec<Ended>, StoreError> {
        let user_id = user_id.to_string();
        let revoke = Statement::new(REVOKE_ALL)
            .text(now.to_string())
            .text(&user_id);
        let [ended, ..] = self
            .database
            .batch([
                Statement::new(LATEST_OF).text(&user_id),
                revoke,
                append_if_changed(entry),
            ])
            .await?;
        ended.rows(Ended::read)
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
        })
    })
}
