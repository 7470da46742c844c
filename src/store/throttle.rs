//! Back-off and lockout of password attempts: tables `sign_in_attempts` and `address_attempts`.
//!
//! An attempt is *reserved* before its password is hashed: one conditional write counts it as failed and marks it as in flight.
//! Only a reserved attempt is evaluated, and no second one is reserved while it is in flight, so the evaluations of one counter
//! are serial. The count is reverted in the batch that creates the session, and therefore only when the whole sign-in has
//! succeeded.
//!
//! Counters on a device that is not recognised for the typed name:
//! - *The typed name* (its keyed hash) has the back-off. The counter works the same way whether or not a user has the name, and
//!   changes to an account do not affect it, so it does not reveal which names exist.
//! - *The account* has the failures that lock it for unrecognised devices. An attempt on a locked account is evaluated, and
//!   then gets the response to a wrong password. All names that no user has share one such counter, so that the same rows are
//!   written.
//! - *The client's network* has a leaky bucket.
//!
//! A recognised device has its own counter instead, so guesses on other devices neither slow down nor lock out its users. A
//! session that changes the password also has its own counter. Refused AWS identities of a network are counted separately: they
//! are not guesses, and they must not fill the audit log.

use super::audit::{append, recorded};
use super::users::{self, PasswordUser};
use crate::domain::audit::Signed;
use crate::domain::names::LoginName;
use crate::domain::recognised_device::RecognisedUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::timestamp::Timestamp;

/// Failures in a row after which a password is locked (NIST SP 800-63B-4 section 3.2.2 allows no more).
pub const MAX_FAILURES: u32 = 100;
/// Milliseconds after which one failure from a network is forgotten: three per minute.
const NETWORK_INTERVAL_MS: f64 = 20_000.0;
/// The failures, in milliseconds, that may be counted for a network when another attempt is reserved: two, so it may fail three
/// times in a burst.
const NETWORK_BURST_MS: f64 = 2.0 * NETWORK_INTERVAL_MS;
/// Seconds after which the failures of an account, a device or a session that is not locked are forgotten.
const FAILURE_TTL_SECONDS: i64 = 30 * 86_400;
/// Seconds after which the back-off of a typed name begins at 1 s again. One attempt per day is not an effective attack, and
/// rows of names that no user has, which any client can add, are removed sooner.
const TYPED_FAILURE_TTL_SECONDS: i64 = 86_400;
/// Milliseconds after which an attempt that did not report its end is no longer in flight. This is longer than any attempt can
/// take.
pub const LEASE_MS: u32 = 20_000;

/// A password attempt.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// `typed:{keyed hash}` or `session:{id}`.
    key: String,
    /// The name. It is empty if the attempt is not a sign-in; no user has an empty name.
    login: &'a str,
    /// The user and the device, if the device is recognised for the typed name.
    device: Option<&'a RecognisedUser>,
    /// The client's network, if its failures are counted.
    network: Option<&'a str>,
    /// Milliseconds since 1970.
    now: f64,
}

impl<'a> Attempt<'a> {
    /// A sign-in. `name_key` is the keyed hash of the typed name.
    #[must_use]
    pub fn sign_in(
        login: &'a LoginName,
        name_key: &str,
        device: Option<&'a RecognisedUser>,
        network: &'a str,
        now: f64,
    ) -> Self {
        let (LoginName::Username(login) | LoginName::Email(login)) = login;
        Self {
            key: format!("typed:{name_key}"),
            login,
            device,
            network: Some(network),
            now,
        }
    }

    /// A change of password in this session.
    #[must_use]
    pub fn change(session: &str, now: f64) -> Self {
        Self {
            key: format!("session:{session}"),
            login: "",
            device: None,
            network: None,
            now,
        }
    }

    /// The key of the counter that has the back-off of this attempt, as far as it is known without a query.
    #[must_use]
    pub fn counter(&self) -> String {
        self.device.map_or_else(|| self.key.clone(), device_key)
    }
}

/// The outcome of a reservation.
#[derive(Debug)]
pub enum Reserved {
    /// It is counted and may be evaluated.
    Yes(Reservation, Option<Box<PasswordUser>>),
    /// Another attempt is in flight. If that one fails, no attempt is evaluated for this many seconds.
    InFlight(u32),
    /// No attempt is evaluated for this many seconds.
    Later(u32),
}

/// A counted attempt, with the data that is needed to revert the count.
#[derive(Clone, Debug)]
pub struct Reservation {
    key: String,
    /// Value of `busy_until_ms`, which shows that the row still belongs to this attempt.
    mark: f64,
    /// `None` on a recognised device and for a change of password.
    account: Option<String>,
    /// `None` on a recognised device, to which the failures of its network do not apply, and for a change of password.
    network: Option<String>,
    /// Failures in a row of the counter that locks, including this attempt.
    failures: u32,
}

impl Reservation {
    /// Whether the counter of this attempt has locked the password. The attempt must then get the response to a wrong password.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.failures > MAX_FAILURES
    }

    /// Whether the failure of this attempt locks the password.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.failures == MAX_FAILURES
    }
}

/// Changes no row if the attempt may not be evaluated. D1 decides which counter applies, because the name may belong to
/// another user since the device's cookie was created. A lease that ends later than one that begins now was written before
/// the clock was set back.
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

/// These refusals are counted separately: a program with the wrong AWS role must not prevent the users of its network from
/// signing in with a password.
const COUNT_REFUSED: &str = "
    INSERT INTO address_attempts (address, empty_at_ms) VALUES ('aws ' || ?1, ?2 + ?3)
    ON CONFLICT (address) DO UPDATE SET empty_at_ms = max(empty_at_ms, ?2) + ?3
    WHERE empty_at_ms <= ?2 + ?4";

/// Finds a row if [`COUNT_REFUSED`] is about to write one.
const COUNTS_REFUSED: &str = "
    SELECT 1 WHERE NOT EXISTS (
      SELECT 1 FROM address_attempts WHERE address = 'aws ' || ?1 AND empty_at_ms > ?2 + ?3)";

/// The state of the attempt, and its user.
const STATE: &str = "
    SELECT counter.key, failures, open_at_ms, busy_until_ms,
           (SELECT failures FROM sign_in_attempts
            WHERE key = 'account:' || coalesce(counter.user_id, 'unknown')) AS account_failures,
           (SELECT empty_at_ms FROM address_attempts WHERE address = ?5) AS empty_at_ms,
           users.id AS user_id, username, email, name, organization, aws_region, role, is_active,
           created_at AS user_created_at, updated_at AS user_updated_at, last_login, password_hash
    FROM (SELECT CASE WHEN (SELECT id FROM password_logins WHERE login = ?1) = ?2 THEN ?3 ELSE ?4 END AS key,
                 (SELECT id FROM password_logins WHERE login = ?1) AS user_id) AS counter
    LEFT JOIN sign_in_attempts ON sign_in_attempts.key = counter.key
    LEFT JOIN users ON users.id = counter.user_id";

/// Records that the attempt has failed and is no longer in flight.
const RELEASE: &str = "
    UPDATE sign_in_attempts SET busy_until_ms = 0 WHERE key = ?1 AND busy_until_ms = ?2";

/// Reverts the count of one attempt, if it created this session. Earlier failures stay, because a user's success must not be
/// visible in the back-off of a name.
const REVERT: &str = "
    UPDATE sign_in_attempts SET failures = failures - 1, open_at_ms = 0, busy_until_ms = 0
    WHERE key = ?1 AND busy_until_ms = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?3)";

const REMOVE_EMPTY: &str = "
    DELETE FROM sign_in_attempts
    WHERE key = ?1 AND failures = 0 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

/// Forgets all failures of a counter, if the attempt created this session.
const FORGET: &str = "
    DELETE FROM sign_in_attempts WHERE key = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

const FORGET_NETWORK: &str = "
    UPDATE address_attempts SET empty_at_ms = empty_at_ms - ?1
    WHERE address = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?3)";

const RESTORE: &str = "
    DELETE FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND password_hash = ?2)";

const DELETE_EXPIRED: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT key FROM sign_in_attempts WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

/// Removes the counters of password changes in expired sessions, for the thousand sessions that the sweep removes next.
const REMOVE_WITH_SESSIONS: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT 'session:' || id FROM sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

const REMOVE_NETWORKS: &str = "
    DELETE FROM address_attempts
    WHERE address IN (SELECT address FROM address_attempts WHERE empty_at_ms <= ?1 ORDER BY empty_at_ms LIMIT 1000)";

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

/// The counters.
#[derive(Debug)]
pub struct Throttle {
    database: &'static Database,
}

impl Throttle {
    /// Counters in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

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
        let release = Statement::new(RELEASE)
            .text(&attempt.key)
            .milliseconds(attempt.mark);
        let statements = entry.map(append).into_iter().chain([release]);
        self.database.all(statements.collect()).await.map(drop)
    }

    /// Writes the entry for a valid AWS identity that may not sign in, unless this network has exceeded the limit of three in a
    /// burst and three per minute. Such a proof is not a guess and costs little, but the entry is kept forever.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn record_refused(
        &self,
        network: &str,
        now: f64,
        entry: &Signed,
    ) -> Result<(), StoreError> {
        let count = Statement::new(COUNT_REFUSED)
            .text(network)
            .milliseconds(now)
            .milliseconds(NETWORK_INTERVAL_MS)
            .milliseconds(NETWORK_BURST_MS);
        let counts = || {
            Statement::new(COUNTS_REFUSED)
                .text(network)
                .milliseconds(now)
                .milliseconds(NETWORK_BURST_MS)
        };
        self.database
            .batch([recorded(count, counts, [entry])])
            .await
            .map(drop)
    }

    /// Deletes expired counters, at most 1,000 of each kind. Returns whether there may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<bool, StoreError> {
        let [attempts, networks] = self
            .database
            .batch([
                Statement::new(DELETE_EXPIRED).text(now.to_string()),
                Statement::new(REMOVE_NETWORKS).milliseconds(now.milliseconds()),
            ])
            .await?;
        Ok(attempts.changes == 1_000 || networks.changes == 1_000)
    }
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

/// The statements that revert the count of an attempt, for the batch that creates the session with this id.
pub(super) fn forget(
    reservation: &Reservation,
    session: &str,
) -> impl Iterator<Item = Statement> + use<> {
    let key = &reservation.key;
    let forget = |key: &str| Statement::new(FORGET).text(key).text(session);
    let mut statements = Vec::new();
    match &reservation.network {
        None => statements.push(forget(key)),
        Some(network) => statements.extend([
            Statement::new(REVERT)
                .text(key)
                .milliseconds(reservation.mark)
                .text(session),
            Statement::new(REMOVE_EMPTY).text(key).text(session),
            Statement::new(FORGET_NETWORK)
                .milliseconds(NETWORK_INTERVAL_MS)
                .text(network)
                .text(session),
        ]),
    }
    statements.extend(reservation.account.as_deref().map(forget));
    statements.into_iter()
}

/// Forgets the failures that lock a user's password, if it was just set to this one: those of the account and of each
/// recognised device, whose counters begin with the user's id. The back-off of typed names stays, because a new password
/// must not be visible in it.
pub(super) fn restore(user: &str, password_hash: &str) -> Statement {
    Statement::new(RESTORE).text(user).text(password_hash)
}

/// Removes the counters of the sessions that the same batch removes next. Nothing else would remove a locked counter.
pub(super) fn remove_with_sessions(now: Timestamp) -> Statement {
    Statement::new(REMOVE_WITH_SESSIONS).text(now.to_string())
}

/// The key of the counter of a recognised device.
fn device_key(device: &RecognisedUser) -> String {
    format!("device:{}:{}", device.user, device.device)
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
