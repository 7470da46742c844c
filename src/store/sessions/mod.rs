//! Sessions: table `sessions`. All statements go to the primary of D1. Cached sessions are in `session_cache.rs`.
//!
//! A session is live while it is not revoked, before it reaches its maximum age, and while its current token can still be
//! refreshed ([`expired_until`]). All statements that list, count or revoke the sessions of a user have these three conditions,
//! and index `sessions_live` finds them.

mod begin;
mod issued;
mod refresh;
mod revoke;
mod rotate;
mod step_up;
mod unchanged;

pub use begin::{MAX_LIVE_SESSIONS, NewSession, SignInEntries};
pub use issued::IssuedSession;
pub use refresh::{Refresh, Refreshed};
pub use revoke::{Revocation, Revoke, RevokedAll, RevokedSession, RevokedSessions};

pub use step_up::StepUp;

use revoke::REVOKED;

pub(super) use revoke::{GrantsOfUser, RevokeAll};
pub(super) use rotate::Rotation;
pub(super) use unchanged::unchanged;

use super::throttle;
use super::users::user;
use crate::domain::factor::Factor;
use crate::domain::session::{Rotations, SessionKind, SessionRecord, expired_until};
use crate::domain::sign_in_method::SignInMethod;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;
use uuid::Uuid;

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
    /// When it reaches its maximum age.
    pub ends_at: Timestamp,
    /// Whether it is used with a token or with a cookie.
    pub kind: SessionKind,
    /// The method of the sign-in.
    pub method: Option<SignInMethod>,
    /// The second factor of the sign-in.
    pub factor: Option<Factor>,
    /// When the user last authenticated.
    pub authenticated_at: Timestamp,
    /// The client's `User-Agent` at the sign-in.
    pub device: Option<String>,
    /// The client's address at the sign-in.
    pub address: Option<String>,
    /// The client's country at the sign-in.
    pub country: Option<String>,
    /// The client's `User-Agent` at the last refresh.
    pub refresh_device: Option<String>,
    /// The client's address at the last refresh.
    pub refresh_address: Option<String>,
    /// The client's country at the last refresh.
    pub refresh_country: Option<String>,
}

impl SessionSummary {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            created_at: row.moment("created_at")?,
            rotated_at: row.moment("rotated_at")?,
            last_used_at: row.moment("last_used_at")?,
            ends_at: row.moment("ends_at")?,
            kind: kind(row)?,
            method: method(row)?,
            factor: factor(row)?,
            authenticated_at: row.moment("authenticated_at")?,
            device: row.optional("device")?,
            address: row.optional("address")?,
            country: row.optional("country")?,
            refresh_device: row.optional("refresh_device")?,
            refresh_address: row.optional("refresh_address")?,
            refresh_country: row.optional("refresh_country")?,
        })
    }
}

fn kind(row: &mut Row) -> Result<SessionKind, StoreError> {
    Ok(match row.count("is_cookie")? {
        0 => SessionKind::Token,
        _ => SessionKind::Cookie,
    })
}

fn method(row: &mut Row) -> Result<Option<SignInMethod>, StoreError> {
    let name = row.optional("method")?;
    let parse = |name: String| SignInMethod::parse(&name).ok_or(StoreError::CorruptRow("method"));
    name.map(parse).transpose()
}

fn factor(row: &mut Row) -> Result<Option<Factor>, StoreError> {
    let name = row.optional("factor")?;
    let parse = |name: String| Factor::parse(&name).ok_or(StoreError::CorruptRow("factor"));
    name.map(parse).transpose()
}

fn rotations(row: &mut Row) -> Result<Rotations, StoreError> {
    let json = row.text("recent_rotations")?;
    Rotations::parse(&json).ok_or(StoreError::CorruptRow("recent_rotations"))
}

/// `last_login` of a session's user is the sign-in that began the session.
const FIND: &str = "
    SELECT sessions.id, sessions.generation, sessions.rotated_at, sessions.token_expires_at, sessions.ends_at,
           sessions.revoked_at, sessions.recent_rotations, sessions.is_cookie, sessions.method,
           coalesce(sessions.authenticated_at, sessions.created_at) AS authenticated_at,
           max(sessions.rotated_at, coalesce(sessions.last_used_at, '')) AS last_used_at,
           users.id AS user_id, users.username, users.email, users.name, users.organization,
           users.aws_region, users.role, users.is_active, users.created_at AS user_created_at,
           users.updated_at AS user_updated_at, users.password_version, users.has_factor,
           users.factor_version, sessions.factor_at,
           sessions.created_at AS last_login
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = ?1";

const LIVE_OF: &str = "
    SELECT id, created_at, rotated_at, max(rotated_at, coalesce(last_used_at, '')) AS last_used_at, ends_at,
           is_cookie, method, factor, coalesce(authenticated_at, created_at) AS authenticated_at,
           device, address, country, refresh_device, refresh_address, refresh_country
    FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3
    ORDER BY token_expires_at DESC LIMIT 200";

/// The addresses of the last sessions of a user with this `User-Agent` that began at this time or earlier.
const ADDRESSES_OF: &str = "
    SELECT address FROM (
      SELECT address, device, created_at FROM sessions
      WHERE user_id = ?1 AND revoked_at IS NULL ORDER BY token_expires_at DESC LIMIT 300)
    WHERE device IS ?2 AND created_at <= ?3";

/// If several requests try this, only one of them writes. A cookie session expires at `?4` unless it is used before. One that has
/// expired at the time of the write, `?5`, stays expired: a revocation of all sessions since the use has skipped it. That time is
/// compared without leeway, which covers the time until the write and the differences of clocks.
const USED: &str = "
    UPDATE sessions SET last_used_at = ?1, token_expires_at = iif(is_cookie, min(?4, ends_at), token_expires_at)
    WHERE id = ?2 AND revoked_at IS NULL AND rotated_at <= ?3 AND coalesce(last_used_at, '') <= ?3
      AND (is_cookie = 0 OR token_expires_at > ?5)";

/// A revoked row is kept until its session reaches its maximum age, so that its tokens are found to be revoked. The number of
/// rows per statement is limited, so that the cleanup does not block other writers for long.
const DELETE_EXPIRED: &str = "
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

    /// A session, even if it was revoked or has expired.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn find(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        let [found] = self.database.batch([find(id)]).await?;
        record(&found)
    }

    /// Records that a session is in use, if that has not been recorded for `step` seconds. A cookie session then expires at
    /// `idle_end`, unless it is used before. It must not have expired at `written_at`, the time of this call; `now` is the time
    /// of the request.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn record_use(
        &self,
        id: &str,
        now: Timestamp,
        idle_end: Timestamp,
        written_at: Timestamp,
        step: i64,
    ) -> Result<(), StoreError> {
        let statement = Statement::new(USED)
            .text(now.to_string())
            .text(id)
            .text(now.minus(step).to_string())
            .text(idle_end.to_string())
            .text(written_at.to_string());
        self.database.batch([statement]).await.map(drop)
    }

    /// The live sessions of a user, most recent sign-in first, 200 at most.
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

    /// Of the last 300 sessions of a user that were not revoked: the client addresses of those that began with this `User-Agent`, at this
    /// time or earlier.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn addresses_of(
        &self,
        user_id: Uuid,
        device: Option<&str>,
        until: Timestamp,
    ) -> Result<Vec<Option<String>>, StoreError> {
        let find = Statement::new(ADDRESSES_OF)
            .text(user_id.to_string())
            .optional(device)
            .text(until.to_string());
        let [found] = self.database.batch([find]).await?;
        found.rows(|row| row.optional("address"))
    }

    /// Deletes sessions that have reached their maximum age, with their counters, at most 1,000 per call. Returns whether there
    /// may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<bool, StoreError> {
        let [_, removed] = self
            .database
            .batch([
                throttle::remove_with_sessions(now),
                Statement::new(DELETE_EXPIRED).text(now.to_string()),
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

/// The statement that finds a session, for a batch. [`record`] reads its result.
pub(super) fn find(id: &str) -> Statement {
    Statement::new(FIND).text(id)
}

pub(super) fn record(found: &Outcome) -> Result<Option<SessionRecord>, StoreError> {
    found.first(|row| {
        Ok(SessionRecord {
            id: row.text("id")?,
            user: user(row)?,
            kind: kind(row)?,
            method: method(row)?,
            authenticated_at: row.moment("authenticated_at")?,
            generation: row.count("generation")?,
            rotated_at: row.moment("rotated_at")?,
            token_expires_at: row.moment("token_expires_at")?,
            ends_at: row.moment("ends_at")?,
            revoked_at: row.optional_moment("revoked_at")?,
            rotations: rotations(row)?,
            last_used_at: row.moment("last_used_at")?,
            password_version: row.count("password_version")?,
            has_factor: row.count("has_factor")? == 1,
            factor_version: row.count("factor_version")?,
            factor_at: row.optional_moment("factor_at")?,
        })
    })
}
