//! Reserves an attempt before its password is hashed, and ends an attempt that failed.

use super::attempt::{Attempt, Reservation, Reserved};
use super::{LEASE_MS, MAX_FAILURES, NETWORK_BURST_MS, NETWORK_INTERVAL_MS, Throttle, device_key};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Outcome, Statement};
use crate::store::audit::append;
use crate::store::users::{self, PasswordUser};
use crate::timestamp::Timestamp;

/// Seconds after which the failures of an account, a device or a session that is not locked are forgotten.
const FAILURE_TTL_SECONDS: i64 = 30 * 86_400;
/// Seconds after which the back-off of a typed name begins at 1 s again. One attempt per day is not an effective attack, and
/// rows of names that no user has, which any client can add, are removed sooner.
const TYPED_FAILURE_TTL_SECONDS: i64 = 86_400;

/// Changes no row if the attempt may not be evaluated. D1 decides which counter applies, because the name may have passed to
/// another user since the device's cookie was created. A lease that ends later than one that begins now was written before the
/// clock was set back.
const RESERVE: &str = "
    INSERT INTO sign_in_attempts (key, failures, open_at_ms, busy_until_ms, ends_at)
    SELECT counter.key, 1, ?5 + 1000, ?6, CASE WHEN counter.key = ?4 AND ?8 IS NOT NULL THEN ?10 ELSE ?7 END
    FROM (SELECT CASE WHEN (SELECT id FROM password_logins WHERE login = ?1) = ?2 THEN ?3 ELSE ?4 END AS key) AS counter
    WHERE counter.key IS ?3
       OR NOT EXISTS (SELECT 1 FROM address_attempts WHERE address = ?8 AND empty_at_ms > ?5 + ?9)
    ON CONFLICT (key) DO UPDATE SET
      failures = min(failures + 1, ?11 + 1),
      open_at_ms = ?5 + CASE failures WHEN 1 THEN 3000 WHEN 2 THEN 5000 ELSE 10000 END,
      busy_until_ms = ?6,
      ends_at = CASE WHEN (key = ?4 AND ?8 IS NOT NULL) OR failures + 1 < ?11 THEN excluded.ends_at END
    WHERE open_at_ms <= ?5 AND (busy_until_ms <= ?5 OR busy_until_ms > ?6)";

/// Runs directly after [`RESERVE`], and uses its `changes()`.
const COUNT_ACCOUNT: &str = "
    INSERT INTO sign_in_attempts (key, failures, open_at_ms, ends_at)
    SELECT 'account:' || coalesce((SELECT id FROM password_logins WHERE login = ?1), 'unknown'), 1, 0, ?3
    WHERE changes() > 0 AND (?2 IS NULL OR (SELECT id FROM password_logins WHERE login = ?1) IS NOT ?2)
    ON CONFLICT (key) DO UPDATE SET
      failures = min(failures + 1, ?4 + 1),
      ends_at = CASE WHEN failures + 1 < ?4 THEN excluded.ends_at END";

/// Runs directly after [`COUNT_ACCOUNT`], which changes a row if the network is to be counted.
const COUNT_NETWORK: &str = "
    INSERT INTO address_attempts (address, empty_at_ms)
    SELECT ?1, ?2 + ?3 WHERE changes() > 0
    ON CONFLICT (address) DO UPDATE SET empty_at_ms = max(empty_at_ms, ?2) + ?3";

/// The state of the attempt, and its user.
const STATE: &str = "
    SELECT counter.key, failures, open_at_ms, busy_until_ms,
           (SELECT failures FROM sign_in_attempts
            WHERE key = 'account:' || coalesce(counter.user_id, 'unknown')) AS account_failures,
           (SELECT empty_at_ms FROM address_attempts WHERE address = ?5) AS empty_at_ms,
           users.id AS user_id, username, email, name, organization, aws_region, role, is_active,
           created_at AS user_created_at, updated_at AS user_updated_at, last_login, password_hash, has_factor
    FROM (SELECT CASE WHEN (SELECT id FROM password_logins WHERE login = ?1) = ?2 THEN ?3 ELSE ?4 END AS key,
                 (SELECT id FROM password_logins WHERE login = ?1) AS user_id) AS counter
    LEFT JOIN sign_in_attempts ON sign_in_attempts.key = counter.key
    LEFT JOIN users ON users.id = counter.user_id";

/// Records that the attempt has failed and is no longer in flight.
const RELEASE: &str = "
    UPDATE sign_in_attempts SET busy_until_ms = 0 WHERE key = ?1 AND busy_until_ms = ?2";

struct State {
    key: String,
    failures: Option<u32>,
    open_at_ms: Option<f64>,
    busy_until_ms: Option<f64>,
    account_failures: Option<u32>,
    empty_at_ms: Option<f64>,
    registered: Option<PasswordUser>,
}

impl State {
    fn read(found: &Outcome) -> Result<Self, StoreError> {
        let state = found.first(|row| {
            Ok(Self {
                key: row.text("key")?,
                failures: row.optional_count("failures")?,
                open_at_ms: row.number("open_at_ms")?,
                busy_until_ms: row.number("busy_until_ms")?,
                account_failures: row.optional_count("account_failures")?,
                empty_at_ms: row.number("empty_at_ms")?,
                registered: users::registered(row)?,
            })
        })?;
        state.ok_or(StoreError::CorruptRow("sign_in_attempts"))
    }

    fn is_device(&self) -> bool {
        self.key.starts_with("device:")
    }
}

impl Throttle {
    /// Counts an attempt if it may be evaluated, and finds its user.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn reserve(&self, attempt: &Attempt<'_>) -> Result<Reserved, StoreError> {
        let moment = Timestamp::from_milliseconds(attempt.now);
        let (ends_at, typed_ends_at) = (
            moment.plus(FAILURE_TTL_SECONDS),
            moment.plus(TYPED_FAILURE_TTL_SECONDS),
        );
        let user = attempt.device.map(|device| device.user.to_string());
        let device = attempt.device.map(device_key);
        let mark = attempt.now + f64::from(LEASE_MS);
        let mut statements = vec![
            Statement::new(RESERVE)
                .text(attempt.login)
                .optional(user.as_deref())
                .optional(device.as_deref())
                .text(&attempt.key)
                .milliseconds(attempt.now)
                .milliseconds(mark)
                .text(ends_at.to_string())
                .optional(attempt.network)
                .milliseconds(NETWORK_BURST_MS)
                .text(typed_ends_at.to_string())
                .number(MAX_FAILURES),
        ];
        if let Some(network) = attempt.network {
            statements.push(
                Statement::new(COUNT_ACCOUNT)
                    .text(attempt.login)
                    .optional(user.as_deref())
                    .text(ends_at.to_string())
                    .number(MAX_FAILURES),
            );
            statements.push(
                Statement::new(COUNT_NETWORK)
                    .text(network)
                    .milliseconds(attempt.now)
                    .milliseconds(NETWORK_INTERVAL_MS),
            );
        }
        statements.push(
            Statement::new(STATE)
                .text(attempt.login)
                .optional(user.as_deref())
                .optional(device.as_deref())
                .text(&attempt.key)
                .optional(attempt.network),
        );
        let outcomes = self.database.all(statements).await?;
        let [reserved, .., found] = outcomes.as_slice() else {
            return Err(StoreError::Unavailable);
        };
        let state = State::read(found)?;
        if reserved.changes > 0 {
            return Ok(yes(attempt, mark, state));
        }
        Ok(refused(attempt, &state))
    }

    /// Writes the entry of a failed attempt, which is then no longer in flight. Without an entry, only ends the attempt.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn failed(
        &self,
        attempt: &Reservation,
        entry: Option<&Signed>,
    ) -> Result<(), StoreError> {
        let statements = entry.map(append).into_iter().chain([release(attempt)]);
        self.database.all(statements.collect()).await.map(drop)
    }
}

/// Records that an attempt is no longer in flight. It stays counted.
pub(in crate::store) fn release(attempt: &Reservation) -> Statement {
    Statement::new(RELEASE)
        .text(&attempt.key)
        .milliseconds(attempt.mark)
}

/// Why an attempt was not reserved.
fn refused(attempt: &Attempt<'_>, state: &State) -> Reserved {
    let now = attempt.now;
    let open_at = state.open_at_ms.unwrap_or(0.0);
    let is_busy = state
        .busy_until_ms
        .is_some_and(|until| now < until && until <= now + f64::from(LEASE_MS));
    let network = match state.empty_at_ms {
        Some(empty_at) if !state.is_device() => empty_at - NETWORK_BURST_MS,
        _ => 0.0,
    };
    let seconds = seconds_until(open_at.max(network), now);
    if is_busy && network <= now {
        Reserved::InFlight(seconds)
    } else {
        Reserved::Later(seconds)
    }
}

fn yes(attempt: &Attempt<'_>, mark: f64, state: State) -> Reserved {
    let is_device = state.is_device();
    let network = attempt.network.filter(|_| !is_device);
    let user = state.registered.as_ref().map(|found| found.user.id);
    let failures = match (network, user) {
        (None, _) => state.failures,
        (Some(_), Some(_)) => state.account_failures,
        // The counter that all unknown names share locks nothing.
        (Some(_), None) => None,
    };
    let reservation = Reservation {
        key: state.key,
        mark,
        account: network.and(user).map(|user| format!("account:{user}")),
        network: network.map(str::to_owned),
        failures: failures.unwrap_or(0),
    };
    Reserved::Yes(reservation, state.registered.map(Box::new))
}

/// The seconds between two times in milliseconds, for `Retry-After`: at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no back-off is longer than minutes"
)]
fn seconds_until(open_at: f64, now: f64) -> u32 {
    ((open_at - now) / 1_000.0).ceil().max(1.0) as u32
}
