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
//! session that changes the password also has its own counter. Refused AWS identities of a network, and refused requests of a
//! signed-in user, are counted separately: they are not guesses, and they must not fill the audit log.

mod attempt;
mod cleanup;
mod denied_access;
mod refused_identity;
mod reserve;
mod revert;
mod unlock;

pub use attempt::{Attempt, Reservation, Reserved};

pub(super) use cleanup::remove_with_sessions;
pub(super) use reserve::release;
pub(super) use revert::{forget, forget_pending, restore};

use crate::domain::recognised_device::RecognisedUser;
use crate::runtime::d1::Database;

/// Failures in a row after which a password is locked (NIST SP 800-63B-4 section 3.2.2 allows no more).
pub const MAX_FAILURES: u32 = 100;
/// Milliseconds after which one failure from a network is forgotten: three per minute.
const NETWORK_INTERVAL_MS: f64 = 20_000.0;
/// The level of a network's leaky bucket, in milliseconds, up to which another attempt is reserved: that of two failures, so a
/// network may fail three times in a burst.
const NETWORK_BURST_MS: f64 = 2.0 * NETWORK_INTERVAL_MS;
/// Milliseconds after which an attempt that did not report its end is no longer in flight. This is longer than any attempt can
/// take.
pub const LEASE_MS: u32 = 20_000;

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
}

/// The key of the counter of a recognised device.
fn device_key(device: &RecognisedUser) -> String {
    format!("device:{}:{}", device.user, device.device)
}
