//! Challenges of passkeys and authorization requests that were used: table `used_challenges`. They are stored only when they are
//! used, so that no page load writes anything.

use super::required::required;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

const USE: &str = "
    INSERT INTO used_challenges (challenge, expires_at) VALUES (?1, ?2)
    ON CONFLICT (challenge) DO NOTHING";

const FIND: &str = "SELECT 1 FROM used_challenges WHERE challenge = ?1";

const DELETE_EXPIRED: &str = "
    DELETE FROM used_challenges
    WHERE challenge IN (
      SELECT challenge FROM used_challenges WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// A challenge that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedChallenge {
    /// Lower-case hex SHA-256 of the challenge.
    pub hash: String,
    /// When it can no longer be used in any case.
    pub expires_at: Timestamp,
}

impl UsedChallenge {
    fn statement(&self) -> Statement {
        Statement::new(USE)
            .text(&self.hash)
            .text(self.expires_at.to_string())
    }

    /// The write that uses it. The batch is rolled back if it was used before.
    pub(super) fn use_once(&self) -> Statement {
        required(self.statement())
    }

    /// Whether the challenge was used.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn is_used(&self, database: &Database) -> Result<bool, StoreError> {
        let find = Statement::new(FIND).text(&self.hash);
        let [found] = database.batch([find]).await?;
        Ok(found.first(|_| Ok(()))?.is_some())
    }

    /// Uses it without any effect, because the response to it was not valid. False if it was used before.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn spend(&self, database: &Database) -> Result<bool, StoreError> {
        let [used] = database.batch([self.statement()]).await?;
        Ok(used.changes > 0)
    }
}

/// Deletes challenges that can no longer be used, at most 1,000 per call. Returns whether there may be more.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<bool, StoreError> {
    let [deleted] = database
        .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
        .await?;
    Ok(deleted.changes == 1_000)
}
