//! Budgets of e-mail per hour: table `email_requests`, with a row for each request that is counted.

use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::timestamp::Timestamp;

/// Seconds for which a request counts.
const PERIOD_SECONDS: i64 = 3_600;

/// A number of requests per hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What is counted. It contains no address and no client site, but at most a keyed hash of one.
    pub key: String,
    /// Requests per hour.
    pub per_hour: u32,
}

/// Whether a request is within its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is, and was counted.
    Admitted,
    /// It is not. The next request is admitted after this many seconds.
    Later(u32),
}

const COUNT: &str = "
    INSERT INTO email_requests (key, at)
    SELECT ?1, ?2 WHERE (SELECT count(*) FROM email_requests WHERE key = ?1 AND at > ?3) < ?4";

/// The time of the counted request after whose expiry the next one is admitted.
const OLDEST: &str = "
    SELECT min(at) AS at FROM (SELECT at FROM email_requests WHERE key = ?1 AND at > ?2 ORDER BY at DESC LIMIT ?3)";

const DELETE_EXPIRED: &str = "
    DELETE FROM email_requests
    WHERE number IN (SELECT number FROM email_requests WHERE at <= ?1 ORDER BY at LIMIT 1000)";

/// The counted requests.
#[derive(Debug, Clone, Copy)]
pub struct EmailRequests {
    database: &'static Database,
}

impl EmailRequests {
    /// Requests in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

    /// Counts a request if it is within the budget.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn admit(&self, budget: &Budget, now: Timestamp) -> Result<Admission, StoreError> {
        let [counted, oldest] = self.database.batch(count(budget, now)).await?;
        admission(&counted, &oldest, now)
    }

    /// Deletes requests that no longer count, at most 1,000. Returns whether there may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<bool, StoreError> {
        let until = now.plus(-PERIOD_SECONDS).to_string();
        let [deleted] = self
            .database
            .batch([Statement::new(DELETE_EXPIRED).text(until)])
            .await?;
        Ok(deleted.changes == 1_000)
    }
}

/// Counts a request if it is within the budget. [`admission`] reads the two outcomes.
pub(super) fn count(budget: &Budget, now: Timestamp) -> [Statement; 2] {
    let since = now.plus(-PERIOD_SECONDS).to_string();
    [
        Statement::new(COUNT)
            .text(&budget.key)
            .text(now.to_string())
            .text(&since)
            .number(budget.per_hour),
        Statement::new(OLDEST)
            .text(&budget.key)
            .text(&since)
            .number(budget.per_hour),
    ]
}

/// Reads the outcomes of [`count`].
pub(super) fn admission(
    counted: &Outcome,
    oldest: &Outcome,
    now: Timestamp,
) -> Result<Admission, StoreError> {
    if counted.changes > 0 {
        return Ok(Admission::Admitted);
    }
    let oldest = oldest.first(|row| row.optional_moment("at"))?.flatten();
    Ok(later(oldest, now))
}

fn later(oldest: Option<Timestamp>, now: Timestamp) -> Admission {
    let end = oldest.unwrap_or(now).plus(PERIOD_SECONDS).seconds();
    let seconds = end.saturating_sub(now.seconds()).clamp(1, PERIOD_SECONDS);
    Admission::Later(u32::try_from(seconds).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_request_is_admitted_when_the_oldest_no_longer_counts() {
        let now = Timestamp::from_seconds(10_000);
        for (oldest, seconds) in [
            (Some(10_000), 3_600),
            (Some(9_000), 2_600),
            (Some(6_401), 1),
            // The clock was set back.
            (Some(99_000), 3_600),
            (None, 3_600),
        ] {
            let oldest = oldest.map(Timestamp::from_seconds);
            assert_eq!(later(oldest, now), Admission::Later(seconds), "{oldest:?}");
        }
    }
}
