//! Reserves the check of a factor in a pending sign-in.

use super::CompletedPending;
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::factor_attempts::CodeState;
use crate::store::users::user;
use crate::timestamp::Timestamp;

/// `?2` and `?3` are the browser and the network of the client. If `?6` is 1, a code is checked, for which a back-off may be in
/// effect. If `?7` is 1, nothing is checked, so the request is not counted.
const COUNT: &str = "
    UPDATE pending_sign_ins SET attempts = attempts + (1 - ?7)
    WHERE id = ?1 AND binding IN (?2, ?3) AND session_id IS NULL AND expires_at > ?4 AND (?7 = 1 OR attempts < 5)
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = pending_sign_ins.user_id AND users.is_active = 1 AND users.role = pending_sign_ins.role
          AND users.password_version = pending_sign_ins.password_version
          AND users.factor_version = pending_sign_ins.factor_version)
      AND (?6 = 0 OR NOT EXISTS (
        SELECT 1 FROM factor_attempts
        WHERE factor_attempts.user_id = pending_sign_ins.user_id AND open_at_ms > ?5 AND open_at_ms <= ?5 + 10000))";

/// Runs directly after [`COUNT`], and uses its `changes()`.
const COUNT_CODE: &str = "
    INSERT INTO factor_attempts (user_id, failures, open_at_ms)
    SELECT user_id, 1, ?2 + 1000 FROM pending_sign_ins WHERE id = ?1 AND changes() > 0
    ON CONFLICT (user_id) DO UPDATE SET
      failures = min(failures + 1, 101),
      open_at_ms = CASE WHEN failures > 100 THEN open_at_ms
        ELSE ?2 + CASE failures WHEN 1 THEN 3000 WHEN 2 THEN 5000 ELSE 10000 END END";

/// `is_live` is the condition of [`COUNT`] without the back-off.
const STATE: &str = "
    SELECT pending_sign_ins.method, pending_sign_ins.is_cookie, attempt_key, attempt_network,
           coalesce(binding IN (?2, ?3), 0) AND session_id IS NULL AND expires_at > ?4 AND attempts < 5
             AND users.is_active = 1 AND users.role = pending_sign_ins.role
             AND users.password_version = pending_sign_ins.password_version
             AND users.factor_version = pending_sign_ins.factor_version AS is_live,
           users.id AS user_id, username, email, name, organization, aws_region, users.role, users.is_active,
           users.created_at AS user_created_at, updated_at AS user_updated_at, last_login,
           users.has_factor, totp.secret AS totp_secret, totp.last_step, totp.confirmed_at,
           factor_attempts.failures, factor_attempts.open_at_ms,
           (SELECT group_concat(code_hash) FROM recovery_codes
            WHERE recovery_codes.user_id = users.id AND used_at IS NULL) AS code_hashes
    FROM pending_sign_ins
    JOIN users ON users.id = pending_sign_ins.user_id
    LEFT JOIN totp ON totp.user_id = users.id
    LEFT JOIN factor_attempts ON factor_attempts.user_id = users.id
    WHERE pending_sign_ins.id = ?1";

/// The sign-in that a client wants to complete.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// SHA-256 of the client's secret, lower-case hex.
    pub id: &'a str,
    /// The binding of the client's browser.
    pub browser: Option<&'a str>,
    /// The binding of the client's network.
    pub network: &'a str,
    /// What is checked.
    pub check: PendingCheck,
}

/// What is checked in a pending sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingCheck {
    /// Nothing, because a factor is being prepared. The request is not counted.
    Nothing,
    /// A passkey, which cannot be guessed. It is counted per sign-in only.
    Passkey,
    /// A code. It is also counted per user.
    Code,
}

/// A pending sign-in whose factor may be checked.
#[derive(Debug)]
pub struct Pending {
    /// What completes it.
    pub completed: CompletedPending,
    /// The user.
    pub user: User,
    /// The method of the first step.
    pub method: SignInMethod,
    /// The session that the client asked for.
    pub kind: SessionKind,
    /// What codes are compared with.
    pub codes: CodeState,
}

/// The outcome of a reservation.
#[derive(Debug)]
pub enum ReservedFactor {
    /// The check is counted, and the factor may be checked.
    Yes(Box<Pending>),
    /// No code is checked for this many seconds.
    Later(u32),
    /// The sign-in does not exist, is complete, has expired or is of another client, or too many factors were checked in it, or its
    /// user was changed.
    Expired,
}

struct State {
    is_live: bool,
    pending: Pending,
}

impl State {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let method = SignInMethod::parse(&row.text("method")?);
        Ok(Self {
            is_live: row.count("is_live")? == 1,
            pending: Pending {
                completed: CompletedPending {
                    id: String::new(),
                    attempt_key: row.optional("attempt_key")?,
                    attempt_network: row.optional("attempt_network")?,
                },
                user: user(row)?,
                method: method.ok_or(StoreError::CorruptRow("method"))?,
                kind: match row.count("is_cookie")? {
                    0 => SessionKind::Token,
                    _ => SessionKind::Cookie,
                },
                codes: CodeState::read(row)?,
            },
        })
    }
}

/// Counts the check of a factor if it may be made.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reserve(
    database: &Database,
    claim: &Claim<'_>,
    now_ms: f64,
) -> Result<ReservedFactor, StoreError> {
    let now = Timestamp::from_milliseconds(now_ms).to_string();
    let is_code = claim.check == PendingCheck::Code;
    let count = Statement::new(COUNT)
        .text(claim.id)
        .optional(claim.browser)
        .text(claim.network)
        .text(&now)
        .milliseconds(now_ms)
        .number(u32::from(is_code))
        .number(u32::from(claim.check == PendingCheck::Nothing));
    let mut statements = vec![count];
    if is_code {
        let count_code = Statement::new(COUNT_CODE)
            .text(claim.id)
            .milliseconds(now_ms);
        statements.push(count_code);
    }
    statements.push(
        Statement::new(STATE)
            .text(claim.id)
            .optional(claim.browser)
            .text(claim.network)
            .text(&now),
    );
    let outcomes = database.all(statements).await?;
    let [counted, .., found] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    let Some(state) = found.first(State::read)? else {
        return Ok(ReservedFactor::Expired);
    };
    if counted.changes > 0 {
        let mut pending = state.pending;
        claim.id.clone_into(&mut pending.completed.id);
        return Ok(ReservedFactor::Yes(Box::new(pending)));
    }
    let back_off = state.pending.codes.seconds_from(now_ms);
    Ok(if state.is_live {
        ReservedFactor::Later(back_off)
    } else {
        ReservedFactor::Expired
    })
}
