//! Erases client addresses: table `audit_clients`. Entries keep a salted hash of them, which cannot be matched against a list of
//! addresses once the salt is erased.

use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

/// Maximum number of rows that one statement erases.
const MAX_ROWS: u32 = 1_000;

/// Numbers are in the order of time to within seconds, so the rows with the lowest numbers are the oldest ones.
const ERASE: &str = "
    DELETE FROM audit_clients WHERE number IN (
      SELECT number FROM (SELECT number FROM audit_clients ORDER BY number LIMIT ?2) AS oldest
      WHERE NOT EXISTS (SELECT 1 FROM audit WHERE audit.number = oldest.number AND at >= ?1))";

/// Erases the clients of entries from before this time, at most 1,000. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn erase(database: &Database, until: Timestamp) -> Result<bool, StoreError> {
    let erase = Statement::new(ERASE)
        .text(until.to_string())
        .number(MAX_ROWS);
    let [erased] = database.batch([erase]).await?;
    Ok(erased.changes >= MAX_ROWS)
}
