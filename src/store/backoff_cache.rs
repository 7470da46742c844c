//! Caches the back-off that D1 has reported to this isolate, so that attempts during it are refused without a query.
//!
//! A cached back-off is that of one counter or one network in D1. It is cached no longer than it lasts there, and for at
//! most ten or three seconds. If a success elsewhere ends it, that is noticed only after this time; a success in this
//! isolate ends it at once. The key is the typed text, so the behaviour is the same for names that a user has and names that
//! no user has. Attempts in flight are not cached.

use super::throttle::Attempt;
use crate::runtime::ttl_cache::{Epoch, TtlCache};
use crate::timestamp::Timestamp;

/// Seconds: the longest back-off of a counter.
const LONGEST: i64 = 10;
/// Seconds for which a network's is remembered: attempts that are in flight elsewhere count until they succeed, and then it is
/// open at once.
const OF_NETWORK: i64 = 3;

/// Refusals, by what is known about an attempt without a query: the counter of the typed name, or the network.
#[derive(Debug)]
pub(super) struct Waits(TtlCache<Wait>);

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
        Self(TtlCache::new(LONGEST))
    }

    /// Until when this attempt would be refused, in milliseconds since 1970, as far as it is known here.
    pub fn of(&self, attempt: &Attempt<'_>) -> Option<f64> {
        let now = Timestamp::from_milliseconds(attempt.now());
        let by_counter = self.0.get(&attempt.counter(), now);
        let network = attempt.counted_network();
        let by_network = network.and_then(|text| self.0.get(&self::network(text), now));
        let waits = by_counter.into_iter().chain(by_network);
        let open_at = waits.map(|wait| wait.open_at).reduce(f64::max)?;
        (open_at > attempt.now()).then_some(open_at)
    }

    /// To be asked for before D1 is.
    pub fn before(&self) -> Epoch {
        self.0.before()
    }

    /// Caches the back-off that D1 has for an attempt. The counter is the one that D1 used, which may differ from that of
    /// the attempt: the typed name may belong to another user since the device's cookie was created.
    pub fn keep_counter(&self, before: Epoch, attempt: &Attempt<'_>, wait: Wait) {
        self.keep(before, attempt.counter(), attempt.now(), wait, LONGEST);
    }

    /// The same of its network, until so many milliseconds since 1970.
    pub fn keep_network(&self, before: Epoch, attempt: &Attempt<'_>, open_at: f64) {
        if let Some(counter) = attempt.counted_network().map(network) {
            let wait = Wait {
                counter: counter.clone(),
                open_at,
            };
            self.keep(before, counter, attempt.now(), wait, OF_NETWORK);
        }
    }

    fn keep(&self, before: Epoch, key: String, now: f64, wait: Wait, seconds: i64) {
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
