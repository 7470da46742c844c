//! The limit for audit entries about requests that a user or OAuth client may not make.

use super::Throttle;
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;

/// Milliseconds after which one refusal of a user no longer counts: five per hour.
const DENIED_INTERVAL_MS: f64 = 720_000.0;
/// The level of a user's leaky bucket, in milliseconds, up to which another refusal is recorded: that of four refusals. So five
/// are recorded in a burst, and ten at most in any hour.
const DENIED_BURST_MS: f64 = 4.0 * DENIED_INTERVAL_MS;

const COUNT_DENIED: &str = "
    INSERT INTO address_attempts (address, empty_at_ms) VALUES ('denied ' || ?1, ?2 + ?3)
    ON CONFLICT (address) DO UPDATE SET empty_at_ms = max(empty_at_ms, ?2) + ?3
    WHERE empty_at_ms <= ?2 + ?4";

/// Finds a row if [`COUNT_DENIED`] is about to write one.
const COUNTS_DENIED: &str = "
    SELECT 1 WHERE NOT EXISTS (
      SELECT 1 FROM address_attempts WHERE address = 'denied ' || ?1 AND empty_at_ms > ?2 + ?3)";

impl Throttle {
    /// Writes the entry for a request that this user or OAuth client may not make, unless the limit is exceeded. Without a limit,
    /// the caller could fill the audit log at no cost.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn record_denied(
        &self,
        actor: &str,
        now: f64,
        entry: &Signed,
    ) -> Result<(), StoreError> {
        let count = Statement::new(COUNT_DENIED)
            .text(actor)
            .milliseconds(now)
            .milliseconds(DENIED_INTERVAL_MS)
            .milliseconds(DENIED_BURST_MS);
        let counts = || {
            Statement::new(COUNTS_DENIED)
                .text(actor)
                .milliseconds(now)
                .milliseconds(DENIED_BURST_MS)
        };
        self.database
            .batch([recorded(count, counts, [entry])])
            .await
            .map(drop)
    }
}
