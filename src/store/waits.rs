//! What this isolate remembers of attempts that D1 has refused, so that those that come meanwhile are refused without asking.
//!
//! A wait is D1's own, of one counter or one network, and remembered no longer than it was to last there, and for ten or three
//! seconds at most: what ends it elsewhere (a success, a new password) is noticed that late, what ends it in this isolate at once.
//! That a password is off is not remembered: who has just set a new one in another isolate would be told that it is wrong.

use super::recent::{Before, Recent};
use super::throttle::Attempt;
use crate::account::device::Device;
use crate::account::timestamp::Timestamp;

/// Seconds: the longest wait of a counter.
const LONGEST: i64 = 10;
/// Seconds for which a network's is remembered: attempts that are under way elsewhere count until they succeed, and then it is
/// open at once.
const OF_NETWORK: i64 = 3;

/// Refusals by what is known of an attempt without asking D1: its name and device, or its network.
#[derive(Debug)]
pub(super) struct Waits(Recent<Wait>);

/// Until when something has to wait.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    /// What D1 counts by: the key of a row in `sign_in_attempts`, or as [`network`] writes it.
    pub counter: String,
    /// Milliseconds since 1970.
    pub open_at: f64,
}

impl Waits {
    pub fn new() -> Self {
        Self(Recent::new(LONGEST))
    }

    /// Until when this attempt would be refused, in milliseconds since 1970, as far as it is known here.
    pub fn of(&self, attempt: &Attempt<'_>) -> Option<f64> {
        let now = Timestamp::from_milliseconds(attempt.now);
        let by_name = self.0.get(&name(attempt), now);
        // Whether somebody on a device is known on it, and so not counted by the network, only D1 can tell.
        let network = attempt.network.filter(|_| attempt.device.is_none());
        let by_network = network.and_then(|text| self.0.get(&self::network(text), now));
        let waits = by_name.into_iter().chain(by_network);
        let open_at = waits.map(|wait| wait.open_at).reduce(f64::max)?;
        (open_at > attempt.now).then_some(open_at)
    }

    /// To be asked for before D1 is.
    pub fn before(&self) -> Before {
        self.0.before()
    }

    /// Remembers what D1 said of an attempt: that its name and device have to wait.
    pub fn keep_name(&self, before: Before, attempt: &Attempt<'_>, wait: Wait) {
        self.keep(before, name(attempt), attempt.now, wait, LONGEST);
    }

    /// The same of its network, until so many milliseconds since 1970.
    pub fn keep_network(&self, before: Before, attempt: &Attempt<'_>, open_at: f64) {
        if let Some(counter) = attempt.network.map(network) {
            let wait = Wait {
                counter: counter.clone(),
                open_at,
            };
            self.keep(before, counter, attempt.now, wait, OF_NETWORK);
        }
    }

    fn keep(&self, before: Before, key: String, now: f64, wait: Wait, seconds: i64) {
        if wait.open_at > now {
            let now = Timestamp::from_milliseconds(now);
            // [`Waits::of`] looks at the milliseconds.
            self.0.keep(before, key, 0, wait, now, now.plus(seconds));
        }
    }

    /// Forgets the waits of the counters that are meant.
    pub fn forget(&self, is_meant: impl Fn(&str) -> bool) {
        self.0.forget_if(|wait| is_meant(&wait.counter));
    }
}

/// A network among the counters, whose own keys have a colon.
pub(super) fn network(network: &str) -> String {
    format!("network {network}")
}

/// By the keyed hash of the name, and by all that a cookie says: an older one of the same device may not yet know somebody.
fn name(attempt: &Attempt<'_>) -> String {
    let device = attempt.device.map(|device| {
        let people: Vec<String> = device.people().iter().map(ToString::to_string).collect();
        format!("{} {}", Device::id(device), people.join(" "))
    });
    format!("{} {}", attempt.name_key, device.unwrap_or_default())
}
