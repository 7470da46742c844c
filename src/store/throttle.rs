//! What slows down guessing: tables `sign_in_attempts` and `address_attempts`.
//!
//! An attempt is *reserved* before its password is hashed: one conditional write counts it as failed, and only if that was
//! written it is evaluated. So of many at once no more are evaluated than one after another would be. A success takes the
//! count back, in the batch that begins the session.
//!
//! Counted are: the account, found by name or e-mail; for a name that nobody has, a keyed hash of it, in the same way. (That
//! a name and an e-mail share a counter tells that they are one account's: docs/SECURITY.md.) On a device where this
//! person signed in before it is that device instead of the account, so that nobody who guesses elsewhere locks its people
//! out. Everywhere else the client's network is counted as well. Where AWS vouches for somebody there is nothing to guess;
//! a network's refusals are counted all the same, by themselves, so that they do not fill the audit log.

use super::StoreError;
use super::audit::append_if_changed;
use super::d1::{Database, Statement};
use super::users::{self, Registered};
use super::waits::{self, Wait, Waits};
use crate::account::audit::Signed;
use crate::account::device::Device;
use crate::account::names::LoginName;
use crate::account::timestamp::Timestamp;
use uuid::Uuid;

/// Failures in a row after which a password is off (NIST SP 800-63B-4 section 3.2.2 allows no more).
pub const MOST_FAILURES: u32 = 100;
/// Milliseconds that one failure from a network takes to be forgotten: three a minute.
const NETWORK_INTERVAL: f64 = 20_000.0;
/// Failures from a network that are let through at once are three: two may not be forgotten yet when another comes.
const NETWORK_BURST: f64 = 2.0 * NETWORK_INTERVAL;
/// Seconds after which failures that did not switch a password off are forgotten.
const MEMORY: i64 = 30 * 86_400;

/// An attempt to sign in with a password.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Who it says it is.
    pub login: &'a LoginName,
    /// The keyed hash under which a name that nobody has is counted.
    pub name_key: &'a str,
    /// The device, if it is one where somebody signed in before.
    pub device: Option<&'a Device>,
    /// The client's network, where it is counted too.
    pub network: Option<&'a str>,
    /// Milliseconds since 1970.
    pub now: f64,
}

/// What became of an attempt.
#[derive(Debug)]
pub enum Reserved {
    /// It is counted and may be evaluated.
    Yes(Reservation, Option<Box<Registered>>),
    /// Nothing is evaluated for so many seconds more.
    Later(u32),
    /// The password is off here until a one-time link restores it.
    Off,
}

/// A counted attempt, with what takes the count back.
#[derive(Clone, Debug)]
pub struct Reservation {
    key: String,
    /// `None` on a known device, which its network's failures do not concern.
    network: Option<String>,
    /// Failures in a row, this attempt included.
    pub failures: u32,
}

// The device's people are a JSON list.

/// Changes no row if the attempt may not be evaluated.
const RESERVE: &str = "
    INSERT INTO sign_in_attempts (key, failures, open_at_ms, ends_at)
    SELECT counter.key, 1, ?5 + 1000, ?6
    FROM (SELECT coalesce(
            (SELECT CASE WHEN id IN (SELECT value FROM json_each(?2)) THEN 'device:' || id || ':' || ?3
                         ELSE 'account:' || id END
             FROM password_logins WHERE login = ?1),
            'name:' || ?4) AS key) AS counter
    WHERE substr(counter.key, 1, 7) = 'device:'
       OR NOT EXISTS (SELECT 1 FROM address_attempts WHERE address = ?7 AND empty_at_ms > ?5 + ?8)
    ON CONFLICT (key) DO UPDATE SET
      failures = failures + 1,
      open_at_ms = ?5 + CASE failures WHEN 1 THEN 3000 WHEN 2 THEN 5000 ELSE 10000 END,
      ends_at = CASE WHEN failures + 1 < ?9 THEN ?6 END
    WHERE open_at_ms <= ?5 AND failures < ?9";

/// Directly after [`RESERVE`], whose `changes()` it asks.
const COUNT_NETWORK: &str = "
    INSERT INTO address_attempts (address, empty_at_ms)
    SELECT ?2, ?3 + ?4
    WHERE changes() > 0 AND ?2 IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM password_logins WHERE login = ?1 AND id IN (SELECT value FROM json_each(?5)))
    ON CONFLICT (address) DO UPDATE SET empty_at_ms = max(empty_at_ms, ?3) + ?4";

/// By itself: a program that runs with the wrong role must not keep its network's people from their passwords.
const COUNT_REFUSED: &str = "
    INSERT INTO address_attempts (address, empty_at_ms) VALUES ('aws ' || ?1, ?2 + ?3)
    ON CONFLICT (address) DO UPDATE SET empty_at_ms = max(empty_at_ms, ?2) + ?3
    WHERE empty_at_ms <= ?2 + ?4";

/// What the attempt has come to, and whom it is for.
const STATE: &str = "
    SELECT counter.key, failures, open_at_ms,
           (SELECT empty_at_ms FROM address_attempts WHERE address = ?5) AS empty_at_ms,
           users.id AS user_id, username, email, name, organization, aws_region, role, is_active,
           created_at AS user_created_at, updated_at AS user_updated_at, last_login, password_hash
    FROM (SELECT coalesce(
            (SELECT CASE WHEN id IN (SELECT value FROM json_each(?2)) THEN 'device:' || id || ':' || ?3
                         ELSE 'account:' || id END
             FROM password_logins WHERE login = ?1),
            'name:' || ?4) AS key,
            (SELECT id FROM password_logins WHERE login = ?1) AS id) AS counter
    LEFT JOIN sign_in_attempts ON sign_in_attempts.key = counter.key
    LEFT JOIN users ON users.id = counter.id";

/// Takes the count back, if the attempt began this session.
const FORGET: &str = "
    DELETE FROM sign_in_attempts WHERE key = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

const FORGET_NETWORK: &str = "
    UPDATE address_attempts SET empty_at_ms = empty_at_ms - ?1
    WHERE address = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?3)";

const RESTORE: &str = "
    DELETE FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND password_hash = ?2)";

const REMOVE_OVER: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT key FROM sign_in_attempts WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

/// What counts the changes of password of sessions that are past their end, of the thousand that the sessions' own sweep
/// removes next.
const REMOVE_WITH_SESSIONS: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT 'name:' || id FROM sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

const REMOVE_NETWORKS: &str = "
    DELETE FROM address_attempts
    WHERE address IN (SELECT address FROM address_attempts WHERE empty_at_ms <= ?1 ORDER BY empty_at_ms LIMIT 1000)";

struct State {
    key: String,
    failures: Option<u32>,
    open_at_ms: Option<f64>,
    empty_at_ms: Option<f64>,
    registered: Option<Registered>,
}

/// The counters.
#[derive(Debug)]
pub struct Throttle {
    database: &'static Database,
    waits: Waits,
}

impl Throttle {
    /// Counters in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self {
            database,
            waits: Waits::new(),
        }
    }

    /// Seconds for which nothing is evaluated, if a refusal of such an attempt is remembered here. No store is asked.
    #[must_use]
    pub fn remembers(&self, attempt: &Attempt<'_>) -> Option<u32> {
        let open_at = self.waits.of(attempt)?;
        Some(seconds_until(open_at, attempt.now))
    }

    /// Forgets what is remembered of a counted attempt, which has succeeded.
    pub fn succeeded(&self, attempt: &Reservation) {
        let network = attempt.network.as_deref().map(waits::network);
        self.waits
            .forget(|counter| counter == attempt.key || Some(counter) == network.as_deref());
    }

    /// Forgets what is remembered of a person who has a new password, at sign-in and on each device.
    pub fn restored(&self, user: Uuid) {
        let (account, devices) = (format!("account:{user}"), format!("device:{user}:"));
        self.waits
            .forget(|counter| counter == account || counter.starts_with(&devices));
    }

    /// Counts an attempt if it may be evaluated, and finds whom it is for.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn reserve(&self, attempt: &Attempt<'_>) -> Result<Reserved, StoreError> {
        let (LoginName::Username(login) | LoginName::Email(login)) = attempt.login;
        let people = people(attempt.device);
        let device = attempt.device.map(Device::id);
        let ends_at = Timestamp::from_milliseconds(attempt.now).plus(MEMORY);
        let before = self.waits.before();
        let [reserved, _, found] = self
            .database
            .batch([
                Statement::new(RESERVE)
                    .text(login)
                    .text(&people)
                    .optional(device)
                    .text(attempt.name_key)
                    .milliseconds(attempt.now)
                    .text(ends_at.to_string())
                    .optional(attempt.network)
                    .milliseconds(NETWORK_BURST)
                    .number(MOST_FAILURES),
                Statement::new(COUNT_NETWORK)
                    .text(login)
                    .optional(attempt.network)
                    .milliseconds(attempt.now)
                    .milliseconds(NETWORK_INTERVAL)
                    .text(&people),
                Statement::new(STATE)
                    .text(login)
                    .text(&people)
                    .optional(device)
                    .text(attempt.name_key)
                    .optional(attempt.network),
            ])
            .await?;
        let state = found
            .first(|row| {
                Ok(State {
                    key: row.text("key")?,
                    failures: row.optional_count("failures")?,
                    open_at_ms: row.number("open_at_ms")?,
                    empty_at_ms: row.number("empty_at_ms")?,
                    registered: users::registered(row)?,
                })
            })?
            .ok_or(StoreError::CorruptRow("sign_in_attempts"))?;
        let is_device = state.key.starts_with("device:");
        let failures = state.failures.unwrap_or(0);
        if reserved.changes > 0 {
            let reservation = Reservation {
                key: state.key,
                network: attempt.network.filter(|_| !is_device).map(str::to_owned),
                failures,
            };
            return Ok(Reserved::Yes(reservation, state.registered.map(Box::new)));
        }
        if failures >= MOST_FAILURES {
            return Ok(Reserved::Off);
        }
        let counter = Wait {
            counter: state.key,
            open_at: state.open_at_ms.unwrap_or(0.0),
        };
        let mut open_at = counter.open_at;
        self.waits.keep_name(before, attempt, counter);
        if !is_device {
            let network = state.empty_at_ms.unwrap_or(0.0) - NETWORK_BURST;
            self.waits.keep_network(before, attempt, network);
            open_at = open_at.max(network);
        }
        Ok(Reserved::Later(seconds_until(open_at, attempt.now)))
    }

    /// Writes an entry of somebody whom AWS vouches for and who may not sign in, if this network has not had its three, and
    /// three a minute since: such a proof guesses nothing and costs its maker nothing, but an entry stays for good.
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
            .milliseconds(NETWORK_INTERVAL)
            .milliseconds(NETWORK_BURST);
        self.database
            .batch([count, append_if_changed(entry)])
            .await
            .map(drop)
    }

    /// Removes counters that are over, at most a thousand of each kind; true if there may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn remove_over(&self, now: Timestamp) -> Result<bool, StoreError> {
        let [attempts, networks] = self
            .database
            .batch([
                Statement::new(REMOVE_OVER).text(now.to_string()),
                Statement::new(REMOVE_NETWORKS).milliseconds(now.milliseconds()),
            ])
            .await?;
        Ok(attempts.changes == 1_000 || networks.changes == 1_000)
    }
}

/// What takes an attempt's count back, in the batch that begins the session of this id.
pub(super) fn forget(
    reservation: &Reservation,
    session: &str,
) -> impl Iterator<Item = Statement> + use<> {
    let count = Statement::new(FORGET).text(&reservation.key).text(session);
    let network = reservation.network.as_ref().map(|network| {
        Statement::new(FORGET_NETWORK)
            .milliseconds(NETWORK_INTERVAL)
            .text(network)
            .text(session)
    });
    std::iter::once(count).chain(network)
}

/// Forgets all failures of a person whose password has just become this one: at sign-in, and on each device, whose counters
/// begin with the person's id.
pub(super) fn restore(user: &str, password_hash: &str) -> Statement {
    Statement::new(RESTORE).text(user).text(password_hash)
}

/// Removes what counts the changes of password of the sessions that are removed just after it in the same batch: where a
/// password is off, nothing else would.
pub(super) fn remove_with_sessions(now: Timestamp) -> Statement {
    Statement::new(REMOVE_WITH_SESSIONS).text(now.to_string())
}

/// What a client is told to wait, between two moments in milliseconds: a second at least.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and no wait is more than minutes"
)]
fn seconds_until(open_at: f64, now: f64) -> u32 {
    ((open_at - now) / 1_000.0).ceil().max(1.0) as u32
}

fn people(device: Option<&Device>) -> String {
    let people: Vec<String> = device
        .map(Device::people)
        .unwrap_or_default()
        .iter()
        .map(|id| format!("\"{id}\""))
        .collect();
    format!("[{}]", people.join(","))
}
