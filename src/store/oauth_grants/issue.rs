//! Issues the tokens of a grant: consumes its code, or rotates its refresh token.

use crate::domain::audit::Signed;
use crate::domain::grant::GrantRecord;
use crate::domain::session::expired_until;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::oauth_clients;
use crate::store::required::required;
use crate::store::used_assertions::UsedAssertion;
use crate::timestamp::Timestamp;

/// An issue of tokens. Either all of its statements take effect, or none.
#[derive(Debug)]
pub struct Issue<'a> {
    /// The grant, as it was read.
    pub grant: &'a GrantRecord,
    /// The version of the client that has authenticated.
    pub client_version: u32,
    /// The assertion with which it has authenticated.
    pub assertion: Option<&'a UsedAssertion>,
    /// The current time.
    pub now: Timestamp,
    /// When the next refresh token expires.
    pub expires_at: Timestamp,
}

/// The right-hand sides of SET refer to the row before the update.
const REDEEM: &str = "
    UPDATE oauth_grants
    SET redeemed_at = ?2, rotated_at = ?2, last_used_at = ?2, generation = 1, expires_at = min(?6, ends_at)
    WHERE id = ?1 AND redeemed_at IS NULL AND generation = ?5 AND revoked_at IS NULL AND expires_at > ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.is_active = 1 AND users.role = ?4)
      AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2 AND sessions.token_expires_at > ?3))";

/// Finds a row if [`REDEEM`] is about to change one.
const REDEEMS: &str = "
    SELECT 1 FROM oauth_grants
    WHERE id = ?1 AND redeemed_at IS NULL AND generation = ?5 AND revoked_at IS NULL AND expires_at > ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.is_active = 1 AND users.role = ?4)
      AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2 AND sessions.token_expires_at > ?3))";

/// If several requests rotate one generation, this statement lets one of them succeed, as for sessions. Rotations before the window
/// (`?7`) are removed.
const ROTATE: &str = "
    UPDATE oauth_grants
    SET generation = generation + 1, rotated_at = ?2, last_used_at = ?2, expires_at = min(?6, ends_at),
      recent_rotations = (
        SELECT json_group_array(json_array(at, first)) FROM (
          SELECT value ->> 0 AS at, value ->> 1 AS first FROM json_each(oauth_grants.recent_rotations)
          WHERE value ->> 0 > unixepoch(?7)
          UNION ALL
          SELECT unixepoch(?2), oauth_grants.generation
          WHERE NOT EXISTS (
            SELECT 1 FROM json_each(oauth_grants.recent_rotations)
            WHERE value ->> 0 = unixepoch(?2) AND value ->> 0 > unixepoch(?7))))
    WHERE id = ?1 AND redeemed_at IS NOT NULL AND generation = ?5 AND revoked_at IS NULL AND expires_at > ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.is_active = 1 AND users.role = ?4)
      AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2 AND sessions.token_expires_at > ?3))";

const REPLAY: &str = "
    UPDATE oauth_grants SET last_used_at = ?2
    WHERE id = ?1 AND redeemed_at IS NOT NULL AND generation = ?5 AND revoked_at IS NULL AND expires_at > ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.is_active = 1 AND users.role = ?4)
      AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2 AND sessions.token_expires_at > ?3))";

impl Issue<'_> {
    /// The conditions of all statements. The role is the one for which the access token was signed.
    fn of(&self, sql: &'static str) -> Statement {
        Statement::new(sql)
            .text(self.grant.id.to_string())
            .text(self.now.to_string())
            .text(expired_until(self.now).to_string())
            .text(self.grant.role.as_str())
            .number(self.grant.generation)
    }

    async fn write(&self, database: &Database, write: Statement) -> Result<(), StoreError> {
        let (client, version) = (self.grant.client, self.client_version);
        let used = oauth_clients::used(client, version, self.now);
        let used = used.preceded_by(self.assertion.map(UsedAssertion::use_once));
        database.batch([used, required(write)]).await.map(drop)
    }
}

/// Consumes the code of a grant. Generation 1 is the first refresh token.
///
/// # Errors
/// `Conflict` if the code was consumed, the grant has ended, the client was changed, or its assertion was used before. After any
/// other [`StoreError`], it is unknown whether the code was consumed.
pub async fn redeem(
    database: &Database,
    issue: &Issue<'_>,
    entry: &Signed,
) -> Result<(), StoreError> {
    let redeem = issue.of(REDEEM).text(issue.expires_at.to_string());
    let redeem = recorded(redeem, || issue.of(REDEEMS), [entry]);
    issue.write(database, redeem).await
}

/// Rotates the refresh token of a grant.
///
/// # Errors
/// `Conflict` if it was rotated meanwhile, the grant has ended, the client was changed, or its assertion was used before. After any
/// other [`StoreError`], it is unknown whether it was rotated.
pub async fn rotate(
    database: &Database,
    issue: &Issue<'_>,
    replay_window: i64,
) -> Result<(), StoreError> {
    let rotate = issue
        .of(ROTATE)
        .text(issue.expires_at.to_string())
        .text(issue.now.minus(replay_window).to_string());
    issue.write(database, rotate).await
}

/// Records that a rotated-out refresh token was used within the replay window.
///
/// # Errors
/// `Conflict` if the current one was rotated meanwhile, the grant has ended, the client was changed, or its assertion was used
/// before; any other [`StoreError`].
pub async fn replay(database: &Database, issue: &Issue<'_>) -> Result<(), StoreError> {
    issue.write(database, issue.of(REPLAY)).await
}
