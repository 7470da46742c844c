//! The limit for audit entries about valid AWS identities that may not sign in.

use super::{NETWORK_BURST_MS, NETWORK_INTERVAL_MS, Throttle};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;

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

impl Throttle {
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
}
