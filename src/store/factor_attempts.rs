//! Counts one-time codes and recovery codes: table `factor_attempts`. One conditional write counts a code as wrong before the code is
//! checked, so that of several codes sent at the same time, only one is checked. The row of a user is removed when a factor is
//! accepted. A correct password does not remove it.

use super::totp::StoredTotp;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use uuid::Uuid;

/// Wrong codes in a row after which codes are locked. The attempt in flight is counted, so codes are locked if the counter is above
/// this number.
pub const MAX_FAILURES: u32 = 100;

/// Changes no row during the back-off. The back-off is 1, 3, 5 and then 10 seconds. Once codes are locked, it is not begun again:
/// otherwise a client that sends wrong codes could keep the user from using a recovery code.
const COUNT: &str = "
    INSERT INTO factor_attempts (user_id, failures, open_at_ms) VALUES (?1, 1, ?2 + 1000)
    ON CONFLICT (user_id) DO UPDATE SET
      failures = min(failures + 1, 101),
      open_at_ms = CASE WHEN failures > 100 THEN open_at_ms
        ELSE ?2 + CASE failures WHEN 1 THEN 3000 WHEN 2 THEN 5000 ELSE 10000 END END
    WHERE open_at_ms <= ?2 OR open_at_ms > ?2 + 10000";

/// Changes no row if five codes were sent for step-up in this session, or during the back-off.
const COUNT_IN_SESSION: &str = "
    UPDATE sessions SET step_up_codes = step_up_codes + 1
    WHERE id = ?1 AND step_up_codes < 5
      AND NOT EXISTS (
        SELECT 1 FROM factor_attempts
        WHERE factor_attempts.user_id = sessions.user_id AND open_at_ms > ?2 AND open_at_ms <= ?2 + 10000)";

/// Runs directly after [`COUNT_IN_SESSION`], and uses its `changes()`.
const COUNT_OF_SESSION: &str = "
    INSERT INTO factor_attempts (user_id, failures, open_at_ms)
    SELECT user_id, 1, ?2 + 1000 FROM sessions WHERE id = ?1 AND changes() > 0
    ON CONFLICT (user_id) DO UPDATE SET
      failures = min(failures + 1, 101),
      open_at_ms = CASE WHEN failures > 100 THEN open_at_ms
        ELSE ?2 + CASE failures WHEN 1 THEN 3000 WHEN 2 THEN 5000 ELSE 10000 END END";

const HAS_CODES_LEFT: &str = "SELECT 1 FROM sessions WHERE id = ?1 AND step_up_codes < 5";

const STATE: &str = "
    SELECT users.has_factor, totp.secret AS totp_secret, totp.last_step, totp.confirmed_at,
           factor_attempts.failures, factor_attempts.open_at_ms,
           (SELECT group_concat(code_hash) FROM recovery_codes
            WHERE recovery_codes.user_id = users.id AND used_at IS NULL) AS code_hashes
    FROM users
    LEFT JOIN totp ON totp.user_id = users.id
    LEFT JOIN factor_attempts ON factor_attempts.user_id = users.id
    WHERE users.id = ?1";

const RESET: &str = "DELETE FROM factor_attempts WHERE user_id = ?1";

/// What a code is compared with.
#[derive(Debug)]
pub struct CodeState {
    /// Whether the user has a factor.
    pub has_factor: bool,
    /// The secret of one-time codes.
    pub totp: Option<StoredTotp>,
    /// The hashes of the recovery codes that were not used, separated by commas.
    code_hashes: String,
    /// Wrong codes in a row, including this one.
    pub failures: u32,
    /// Milliseconds since 1970; no code is checked before this time.
    open_at_ms: f64,
}

impl CodeState {
    pub(super) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            has_factor: row.count("has_factor")? == 1,
            totp: StoredTotp::read(row)?,
            code_hashes: row.optional("code_hashes")?.unwrap_or_default(),
            failures: row.optional_count("failures")?.unwrap_or(0),
            open_at_ms: row.number("open_at_ms")?.unwrap_or(0.0),
        })
    }

    /// Whether this is the hash of a recovery code that was not used.
    #[must_use]
    pub fn has_recovery_code(&self, hash: &str) -> bool {
        self.code_hashes.split(',').any(|known| known == hash)
    }

    /// Whether codes are locked: none is accepted, except a recovery code on a recognised device.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.failures > MAX_FAILURES
    }

    /// Whether this attempt locks the codes if it fails.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.failures == MAX_FAILURES
    }

    /// Seconds until a code is checked again: at least one.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and a back-off has at most 10 seconds"
    )]
    pub fn seconds_from(&self, now_ms: f64) -> u32 {
        ((self.open_at_ms - now_ms) / 1_000.0).ceil().max(1.0) as u32
    }
}

/// The outcome of a reservation.
#[derive(Debug)]
pub enum ReservedCode {
    /// It is counted and may be checked.
    Yes(Box<CodeState>),
    /// No code is checked for this many seconds.
    Later(u32),
}

/// Counts a code of this user, unless a back-off is in effect.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reserve(
    database: &Database,
    user: Uuid,
    now_ms: f64,
) -> Result<ReservedCode, StoreError> {
    let user = user.to_string();
    let [counted, found] = database
        .batch([
            Statement::new(COUNT).text(&user).milliseconds(now_ms),
            Statement::new(STATE).text(&user),
        ])
        .await?;
    let state = found.first(CodeState::read)?;
    let state = state.ok_or(StoreError::CorruptRow("users"))?;
    Ok(if counted.changes > 0 {
        ReservedCode::Yes(Box::new(state))
    } else {
        ReservedCode::Later(state.seconds_from(now_ms))
    })
}

/// Counts a code that steps up this session of this user, unless a back-off is in effect. `None` if five codes were sent in the session
/// already. So a stolen session cannot lock the codes of its user.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reserve_step_up(
    database: &Database,
    (user, session): (Uuid, &str),
    now_ms: f64,
) -> Result<Option<ReservedCode>, StoreError> {
    let counted = |sql| Statement::new(sql).text(session).milliseconds(now_ms);
    let [counted, _, left, found] = database
        .batch([
            counted(COUNT_IN_SESSION),
            counted(COUNT_OF_SESSION),
            Statement::new(HAS_CODES_LEFT).text(session),
            Statement::new(STATE).text(user.to_string()),
        ])
        .await?;
    let state = found.first(CodeState::read)?;
    let state = state.ok_or(StoreError::CorruptRow("users"))?;
    Ok(if counted.changes > 0 {
        Some(ReservedCode::Yes(Box::new(state)))
    } else {
        let has_codes_left = left.first(|_| Ok(()))?.is_some();
        has_codes_left.then(|| ReservedCode::Later(state.seconds_from(now_ms)))
    })
}

/// Removes the counter of a user who has shown a factor.
pub(super) fn reset(user: &str) -> Statement {
    Statement::new(RESET).text(user)
}
