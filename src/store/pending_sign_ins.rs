//! Sign-ins that wait for a second factor: table `pending_sign_ins`. Each is bound to the browser or network of its first step, and
//! has no effect after a change of the password, role, status or factors of its user.

mod reserve;

pub use reserve::{Claim, Pending, PendingCheck, ReservedFactor, reserve};

use super::audit::recorded;
use super::required::required;
use super::throttle::{self, Reservation};
use crate::domain::audit::Signed;
use crate::domain::factor::Factor;
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// Seconds for which a sign-in may be completed.
pub const PENDING_SECONDS: i64 = 300;

/// A sign-in whose first step has succeeded.
#[derive(Debug)]
pub struct NewPending<'a> {
    /// SHA-256 of the client's secret, lower-case hex.
    pub id: &'a str,
    /// The user, as checked.
    pub user: &'a User,
    /// Whether the user has a factor, as checked.
    pub has_factor: bool,
    /// The method of the first step.
    pub method: SignInMethod,
    /// The session that the client asks for.
    pub kind: SessionKind,
    /// The browser or network that the sign-in is bound to.
    pub binding: &'a str,
    /// The hash that the password was checked against.
    pub password_hash: Option<&'a str>,
    /// A hash with the current parameters, which replaces that hash.
    pub new_password_hash: Option<&'a str>,
    /// The password attempt. It is no longer in flight, and stays counted until the sign-in is complete.
    pub attempt: Option<&'a Reservation>,
    /// The time of the request.
    pub now: Timestamp,
    /// The audit entry of the first step.
    pub entry: &'a Signed,
}

const REHASH: &str =
    "UPDATE users SET password_hash = ?1 WHERE id = ?2 AND password_hash = ?3 AND is_active = 1";

/// Only for a user who is still active, and whose role, password and `has_factor` are still those that were checked.
const CREATE: &str = "
    INSERT INTO pending_sign_ins (id, user_id, method, is_cookie, binding, role, password_version, factor_version,
                                  attempt_key, attempt_network, created_at, expires_at)
    SELECT ?1, id, ?3, ?4, ?5, role, password_version, factor_version, ?6, ?7, ?8, ?9
    FROM users
    WHERE id = ?2 AND is_active = 1 AND role = ?10 AND has_factor = ?11 AND (?12 IS NULL OR password_hash = ?12)";

/// Finds a row if [`CREATE`] is about to insert one.
const CREATES: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND is_active = 1 AND role = ?2 AND has_factor = ?3 AND (?4 IS NULL OR password_hash = ?4)";

const METHODS: &str = "
    SELECT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ?1) AS has_passkey,
           EXISTS (SELECT 1 FROM totp WHERE totp.user_id = ?1 AND confirmed_at IS NOT NULL) AS has_totp,
           EXISTS (SELECT 1 FROM recovery_codes WHERE recovery_codes.user_id = ?1 AND used_at IS NULL) AS has_code";

/// The user must not have changed since the first step.
const COMPLETE: &str = "
    UPDATE pending_sign_ins SET session_id = ?2
    WHERE id = ?1 AND session_id IS NULL AND expires_at > ?3
      AND EXISTS (
        SELECT 1 FROM users
        WHERE users.id = pending_sign_ins.user_id AND users.is_active = 1 AND users.role = pending_sign_ins.role
          AND users.password_version = pending_sign_ins.password_version
          AND users.factor_version = pending_sign_ins.factor_version)";

const DELETE_EXPIRED: &str = "
    DELETE FROM pending_sign_ins
    WHERE id IN (SELECT id FROM pending_sign_ins WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// Stores a sign-in that waits for a factor. Returns the factors of the user, strongest first; `None` if the user was changed
/// meanwhile.
///
/// # Errors
/// Any [`StoreError`].
pub async fn create(
    database: &Database,
    new: &NewPending<'_>,
) -> Result<Option<Vec<Factor>>, StoreError> {
    let user = new.user.id.to_string();
    let current_hash = new.new_password_hash.or(new.password_hash);
    let create = Statement::new(CREATE)
        .text(new.id)
        .text(&user)
        .text(new.method.as_str())
        .number(u32::from(new.kind == SessionKind::Cookie))
        .text(new.binding)
        .optional(new.attempt.map(Reservation::key))
        .optional(new.attempt.and_then(Reservation::network))
        .text(new.now.to_string())
        .text(new.now.plus(PENDING_SECONDS).to_string())
        .text(new.user.role.as_str())
        .number(u32::from(new.has_factor))
        .optional(current_hash);
    let condition = || {
        Statement::new(CREATES)
            .text(&user)
            .text(new.user.role.as_str())
            .number(u32::from(new.has_factor))
            .optional(current_hash)
    };
    let mut statements = Vec::new();
    if let Some((new_hash, old)) = new.new_password_hash.zip(new.password_hash) {
        let rehash = Statement::new(REHASH).text(new_hash).text(&user).text(old);
        statements.push(rehash);
    }
    statements.extend(new.attempt.map(throttle::release));
    statements.push(recorded(create, condition, [new.entry]));
    statements.push(Statement::new(METHODS).text(&user));
    let outcomes = database.all(statements).await?;
    let [.., created, found] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    if created.changes == 0 {
        return Ok(None);
    }
    found.first(|row| {
        let mut factors = Vec::new();
        for (column, factor) in [
            ("has_passkey", Factor::Passkey),
            ("has_totp", Factor::Totp),
            ("has_code", Factor::RecoveryCode),
        ] {
            if row.count(column)? == 1 {
                factors.push(factor);
            }
        }
        Ok(factors)
    })
}

/// A pending sign-in that is completed.
#[derive(Clone, Debug)]
pub struct CompletedPending {
    /// SHA-256 of the client's secret, lower-case hex.
    pub id: String,
    /// The counter of the password attempt.
    pub(super) attempt_key: Option<String>,
    /// The network whose failures include the attempt.
    pub(super) attempt_network: Option<String>,
}

impl CompletedPending {
    /// The write that completes it. It comes before the writes of the factor, which may change the version of the user's factors.
    pub(super) fn complete(&self, session: &str, now: &str) -> Statement {
        required(
            Statement::new(COMPLETE)
                .text(&self.id)
                .text(session)
                .text(now),
        )
    }

    /// The statements that take back the count of the password attempt.
    pub(super) fn revert_attempt(&self, user: Uuid, session: &str) -> Vec<Statement> {
        let Some(key) = &self.attempt_key else {
            return Vec::new();
        };
        throttle::forget_pending(key, self.attempt_network.as_deref(), user, session)
    }
}

/// Deletes expired sign-ins, at most 1,000 per call. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<bool, StoreError> {
    let [deleted] = database
        .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
        .await?;
    Ok(deleted.changes == 1_000)
}
