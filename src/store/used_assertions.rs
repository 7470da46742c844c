//! Assertions with which OAuth clients have authenticated: table `used_assertions`.

use super::required::required;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

const USE: &str = "
    INSERT INTO used_assertions (id, expires_at) VALUES (?1, ?2)
    ON CONFLICT (id) DO NOTHING";

const DELETE_EXPIRED: &str = "
    DELETE FROM used_assertions
    WHERE id IN (SELECT id FROM used_assertions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// An assertion that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedAssertion {
    /// Lower-case hex SHA-256 of the client and the `jti`.
    pub id: String,
    /// When it is no longer accepted in any case.
    pub expires_at: Timestamp,
}

impl UsedAssertion {
    /// The write that uses it. The batch is rolled back if it was used before.
    pub(super) fn use_once(&self) -> Statement {
        required(
            Statement::new(USE)
                .text(&self.id)
                .text(self.expires_at.to_string()),
        )
    }
}

impl UsedAssertion {
    /// Uses it, for a request that writes nothing else.
    ///
    /// # Errors
    /// `Conflict` if it was used before; any other [`StoreError`].
    pub async fn use_up(&self, database: &Database) -> Result<(), StoreError> {
        database.batch([self.use_once()]).await.map(drop)
    }
}

/// Deletes assertions that are no longer accepted in any case, at most 1,000 per call. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<bool, StoreError> {
    let [deleted] = database
        .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
        .await?;
    Ok(deleted.changes == 1_000)
}
