//! Removes counters that have expired.

use super::Throttle;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::timestamp::Timestamp;

const DELETE_EXPIRED: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT key FROM sign_in_attempts WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

/// Removes the counters of password changes in expired sessions, for the thousand sessions that the cron event removes next.
const REMOVE_WITH_SESSIONS: &str = "
    DELETE FROM sign_in_attempts
    WHERE key IN (SELECT 'session:' || id FROM sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT 1000)";

const REMOVE_NETWORKS: &str = "
    DELETE FROM address_attempts
    WHERE address IN (SELECT address FROM address_attempts WHERE empty_at_ms <= ?1 ORDER BY empty_at_ms LIMIT 1000)";

impl Throttle {
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

/// Removes the counters of the sessions that the same batch removes next. Nothing else would remove a locked counter.
pub(in crate::store) fn remove_with_sessions(now: Timestamp) -> Statement {
    Statement::new(REMOVE_WITH_SESSIONS).text(now.to_string())
}
