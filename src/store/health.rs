//! Checks whether the stores are available. The result is cached for some seconds, and requests that arrive during a check
//! wait for its result, so that repeated requests to `/health` do not load D1.

use crate::runtime::StoreError;
use crate::runtime::d1::{D1_TIMEOUT_MS, Database, Statement};
use crate::runtime::kv::{KV_TIMEOUT_MS, Kv};
use crate::runtime::timeout::sleep;
use std::cell::Cell;

/// Milliseconds for which a result is cached, whether the stores are available or not.
const RESULT_TTL_MS: f64 = 5_000.0;
/// Maximum number of milliseconds that a check of both stores takes; after that, another request checks.
const MAX_CHECK_MS: u32 = D1_TIMEOUT_MS + KV_TIMEOUT_MS + 500;
/// Polling interval in milliseconds of a waiting request. It cannot wait for the promise of another request, because the
/// runtime drops the promises of a request when that request ends.
const POLL_INTERVAL_MS: u32 = 20;

/// The name of an unavailable store: `D1` or `KV`.
pub type Verdict = Result<(), &'static str>;

/// The last known state of the stores in this isolate.
#[derive(Debug, Default)]
pub struct Health {
    /// The result and the time of the check, in milliseconds since 1970.
    last: Cell<Option<(f64, Verdict)>>,
    /// When the check in progress began; 0 if there is none.
    checking_since: Cell<f64>,
}

impl Health {
    /// The cached result, if there is one.
    fn known(&self, now: f64) -> Option<Verdict> {
        let (since, verdict) = self.last.get()?;
        // A clock that was set back must not prolong it.
        (since <= now && now < since + RESULT_TTL_MS).then_some(verdict)
    }

    fn is_checking(&self, now: f64) -> bool {
        let since = self.checking_since.get();
        since <= now && now < since + f64::from(MAX_CHECK_MS)
    }

    /// The cached result, or that of a check in progress; `None` if this request has to check.
    pub async fn verdict(&self, clock: impl Fn() -> f64) -> Option<Verdict> {
        loop {
            let now = clock();
            if let Some(verdict) = self.known(now) {
                return Some(verdict);
            }
            if !self.is_checking(now) {
                self.checking_since.set(now);
                return None;
            }
            sleep(POLL_INTERVAL_MS).await;
        }
    }

    /// Checks both stores. To be called after [`Health::verdict`] has returned `None`.
    ///
    /// # Errors
    /// The name of the first store that is unavailable.
    pub async fn check(&self, database: &Database, kv: &Kv, clock: impl Fn() -> f64) -> Verdict {
        let verdict = check(database, kv).await;
        self.last.set(Some((clock(), verdict)));
        self.checking_since.set(0.0);
        verdict
    }
}

async fn check(database: &Database, kv: &Kv) -> Verdict {
    let one: Result<_, StoreError> = database.batch([Statement::new("SELECT 1 AS one")]).await;
    one.map_err(|_| "D1")?;
    kv.get("health").await.map(drop).map_err(|_| "KV")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_is_known_for_five_seconds() {
        let health = Health::default();
        assert_eq!(health.known(1_000.0), None);
        for verdict in [Ok(()), Err("D1")] {
            health.last.set(Some((1_000.0, verdict)));
            for (now, known) in [
                (999.0, None),
                (1_000.0, Some(verdict)),
                (5_999.0, Some(verdict)),
                (6_000.0, None),
            ] {
                assert_eq!(health.known(now), known, "{now}");
            }
        }
    }

    #[test]
    fn waiting_for_a_request_that_never_ends_is_bounded() {
        let health = Health::default();
        assert!(!health.is_checking(1_000_000.0));
        health.checking_since.set(1_000_000.0);
        assert!(health.is_checking(1_000_000.0 + f64::from(MAX_CHECK_MS) - 1.0));
        assert!(!health.is_checking(1_000_000.0 + f64::from(MAX_CHECK_MS)));
        assert!(!health.is_checking(999_999.0));
    }
}
