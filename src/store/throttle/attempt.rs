//! A password attempt, and the outcome of its reservation.

use super::{MAX_FAILURES, device_key};
use crate::domain::names::LoginName;
use crate::domain::recognised_device::RecognisedUser;
use crate::store::users::PasswordUser;

/// A password attempt.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// `typed:{keyed hash}` or `session:{id}`.
    pub(super) key: String,
    /// The name. It is empty if the attempt is not a sign-in; no user has an empty name.
    pub(super) login: &'a str,
    /// The user and the device, if the device is recognised for the typed name.
    pub(super) device: Option<&'a RecognisedUser>,
    /// The client's network, if its failures are counted.
    pub(super) network: Option<&'a str>,
    /// Milliseconds since 1970.
    pub(super) now: f64,
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

    /// A change of password or a step-up in this session.
    #[must_use]
    pub fn in_session(session: &str, now: f64) -> Self {
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
    pub(super) key: String,
    /// Value of `busy_until_ms`, which shows that the row still belongs to this attempt.
    pub(super) mark: f64,
    /// `None` on a recognised device and in a session.
    pub(super) account: Option<String>,
    /// `None` on a recognised device, to which the failures of its network do not apply, and in a session.
    pub(super) network: Option<String>,
    /// Failures in a row of the counter that locks, including this attempt.
    pub(super) failures: u32,
}

impl Reservation {
    /// The key of the counter.
    pub(in crate::store) fn key(&self) -> &str {
        &self.key
    }

    /// The network whose failures include this attempt.
    pub(in crate::store) fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }

    /// Whether the counter of this attempt has locked the password. The attempt must then get the response to a wrong password.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.failures > MAX_FAILURES
    }

    /// Whether the failure of this attempt locks the account for devices that are not recognised.
    #[must_use]
    pub fn locks_account(&self) -> bool {
        self.is_last() && self.account.is_some()
    }

    /// Whether the failure of this attempt locks the password.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.failures == MAX_FAILURES
    }
}
