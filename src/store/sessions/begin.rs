//! Creates a session at a sign-in.

use super::rotate::is_cookie;
use super::{REVOKED, RevokedSession, Sessions};
use crate::domain::audit::Signed;
use crate::domain::factor::Factor;
use crate::domain::role::Role;
use crate::domain::session::{SessionKind, expired_until};
use crate::domain::sign_in_method::SignInMethod;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::store::factors::FactorWrites;
use crate::store::pending_sign_ins::CompletedPending;
use crate::store::required::required;
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
    /// Whether it is used with a token or with a cookie.
    pub kind: SessionKind,
    /// The method of the sign-in.
    pub method: SignInMethod,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// `exp` of its first token. A cookie session expires at this time unless it is used before.
    pub token_expires_at: Timestamp,
    /// When it reaches its maximum age.
    pub ends_at: Timestamp,
    /// The `User-Agent` of the client.
    pub device: Option<&'a str>,
    /// The address of the client.
    pub address: Option<&'a str>,
    /// The country of the client.
    pub country: Option<&'a str>,
    /// The hash that the password was checked against; the session is not created if it was changed since.
    pub password_hash: Option<&'a str>,
    /// A hash with the current parameters, which replaces that hash.
    pub new_password_hash: Option<&'a str>,
    /// Whether it revokes the user's least recently used sessions beyond [`MAX_LIVE_SESSIONS`].
    pub evicts: bool,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: Option<&'a Reservation>,
    /// The cookie session of the same browser, which the new one replaces: its id and its user.
    pub replaces: Option<(&'a str, Uuid)>,
    /// Whether the sign-in needs no second factor or has had one. Otherwise the session is not created if the user has one now.
    pub is_factor_settled: bool,
    /// The factor that was used or added, with its writes. They are made, or nothing is.
    pub factor: Option<&'a FactorWrites<'a>>,
    /// The pending sign-in that is completed.
    pub pending: Option<&'a CompletedPending>,
}

/// The audit entries of a sign-in.
#[derive(Debug)]
pub struct SignInEntries {
    /// The entry of the sign-in.
    pub signed_in: Signed,
    /// Written if sessions beyond [`MAX_LIVE_SESSIONS`] are revoked.
    pub evicted: Signed,
    /// Written if the new session replaces another one.
    pub replaced: Option<Signed>,
}

/// Maximum number of live sessions per user: more than the number of devices of a user, and few enough to revoke all of them
/// quickly. A sign-in that exceeds it revokes the least recently used ones.
pub const MAX_LIVE_SESSIONS: u32 = 100;
/// Maximum number of sessions that a sign-in revokes. Their cached sessions are overwritten at once. More than one session can
/// exceed the limit after simultaneous sign-ins, or after sign-ins with the service credentials, which evict no sessions.
const MAX_EVICTED_SESSIONS: u32 = 200;

/// Creates a session only for a user who is still active, with the role and the password that were just checked.
const BEGIN: &str = "
    INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address,
                          is_cookie, method, country, factor, factor_at)
    SELECT ?1, id, 0, ?3, ?3, ?4, ?5, ?6, ?7, ?10, ?11, ?12, ?14, iif(?14 IS NULL, NULL, ?3)
    FROM users
    WHERE id = ?2 AND is_active = 1 AND role = ?8 AND (?9 IS NULL OR password_hash = ?9) AND (?13 = 1 OR has_factor = 0)
    ON CONFLICT (id) DO NOTHING";

/// Finds a row if [`BEGIN`] is about to write one.
const BEGINS: &str = "
    SELECT 1 FROM users
    WHERE id = ?2 AND is_active = 1 AND role = ?3 AND (?4 IS NULL OR password_hash = ?4) AND (?5 = 1 OR has_factor = 0)
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?1)";

const RECORD_LOGIN: &str = "
    UPDATE users SET last_login = ?1, password_hash = coalesce(?2, password_hash)
    WHERE id = ?3 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?4)";

/// Revokes the session that the new one replaces.
const REPLACE: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE id = ?2 AND user_id = ?3 AND revoked_at IS NULL
      AND EXISTS (SELECT 1 FROM sessions AS begun WHERE begun.id = ?4)";

/// Finds a row if [`REPLACE`] is about to change one.
const REPLACES: &str = "
    SELECT 1 FROM sessions
    WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL
      AND EXISTS (SELECT 1 FROM sessions AS begun WHERE begun.id = ?3)";

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
    /// Creates a session, records the sign-in, and revokes the session that it replaces and the least recently used sessions
    /// beyond [`MAX_LIVE_SESSIONS`]. Returns the revoked ones; `None` if the user was changed meanwhile. Nothing is written in
    /// that case.
    ///
    /// # Errors
    /// Any [`StoreError`]. `Conflict` if the pending sign-in or the factor cannot be used any more.
    pub async fn begin(
        &self,
        new: &NewSession<'_>,
        entries: &SignInEntries,
    ) -> Result<Option<Vec<RevokedSession>>, StoreError> {
        let (user_id, now) = (new.user_id.to_string(), new.created_at.to_string());
        let mut statements = vec![
            new.begin(&entries.signed_in),
            Statement::new(RECORD_LOGIN)
                .text(&now)
                .optional(new.new_password_hash)
                .text(&user_id)
                .text(new.id),
        ];
        if let Some(attempt) = new.attempt {
            statements.extend(throttle::forget(attempt, new.id));
        }
        if let Some(pending) = new.pending {
            statements.extend(pending.revert_attempt(new.user_id, new.id));
        }
        // The replaced session goes first, so that it does not cause an eviction.
        statements.extend(new.replace(entries.replaced.as_ref()).into_iter().flatten());
        statements.push(new.evict(&entries.evicted));
        let outcomes = self.database.all(statements).await?;
        let [begun, middle @ .., evicted] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        if begun.changes == 0 {
            return Ok(None);
        }
        let mut revoked = evicted.rows(RevokedSession::read)?;
        if let (Some(_), Some(replaced)) = (&entries.replaced, middle.last()) {
            revoked.extend(replaced.first(RevokedSession::read)?);
        }
        Ok(Some(revoked))
    }
}

impl NewSession<'_> {
    fn begin(&self, entry: &Signed) -> Statement {
        let user_id = self.user_id.to_string();
        let factor = self.factor.map(|factor| factor.shown.factor());
        let session = Statement::new(BEGIN)
            .text(self.id)
            .text(&user_id)
            .text(self.created_at.to_string())
            .text(self.token_expires_at.to_string())
            .text(self.ends_at.to_string())
            .optional(self.device)
            .optional(self.address)
            .text(self.role.as_str())
            .optional(self.password_hash)
            .number(is_cookie(self.kind))
            .text(self.method.as_str())
            .optional(self.country)
            .number(u32::from(self.is_factor_settled))
            .optional(factor.map(Factor::as_str));
        let may_begin = || {
            Statement::new(BEGINS)
                .text(self.id)
                .text(&user_id)
                .text(self.role.as_str())
                .optional(self.password_hash)
                .number(u32::from(self.is_factor_settled))
        };
        let begin = recorded(session, may_begin, [entry]);
        match self.settle(&user_id) {
            writes if writes.is_empty() => begin,
            writes => required(begin.preceded_by(writes)),
        }
    }

    /// The writes of the second factor, without which no session is created. They come before the session.
    fn settle(&self, user: &str) -> Vec<Statement> {
        let now = self.created_at.to_string();
        let complete = self.pending.map(|pending| pending.complete(self.id, &now));
        let factor = self.factor.map(|factor| factor.statements(user, &now));
        complete
            .into_iter()
            .chain(factor.into_iter().flatten())
            .collect()
    }

    /// The last statement returns the replaced session.
    fn replace(&self, entry: Option<&Signed>) -> Option<[Statement; 2]> {
        let ((replaced, user), entry) = self.replaces.zip(entry)?;
        let user = user.to_string();
        let revoke = Statement::new(REPLACE)
            .text(self.created_at.to_string())
            .text(replaced)
            .text(&user)
            .text(self.id);
        let revokes = || {
            Statement::new(REPLACES)
                .text(replaced)
                .text(&user)
                .text(self.id)
        };
        let find = Statement::new(REVOKED).text(replaced).text(&user);
        Some([recorded(revoke, revokes, [entry]), find])
    }

    fn evict(&self, entry: &Signed) -> Statement {
        let evict = |sql| {
            Statement::new(sql)
                .text(self.created_at.to_string())
                .text(self.id)
                .number(MAX_LIVE_SESSIONS.saturating_sub(1))
                .number(if self.evicts { MAX_EVICTED_SESSIONS } else { 0 })
                .text(expired_until(self.created_at).to_string())
        };
        recorded(evict(EVICT), || evict(EVICTS), [entry])
    }
}
