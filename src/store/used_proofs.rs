//! AWS proofs with which a principal has signed in: table `used_proofs`.

use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

const USE: &str =
    "INSERT INTO used_proofs (id, ends_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";

const DELETE_EXPIRED: &str = "DELETE FROM used_proofs WHERE ends_at <= ?1";

/// The used proofs.
#[derive(Debug, Clone, Copy)]
pub struct UsedProofs {
    database: &'static Database,
}

impl UsedProofs {
    /// Proofs in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

    /// Marks a proof as used; false if it was used before.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn use_once(&self, id: &str, ends_at: Timestamp) -> Result<bool, StoreError> {
        let [used] = self
            .database
            .batch([Statement::new(USE).text(id).text(ends_at.to_string())])
            .await?;
        Ok(used.changes > 0)
    }

    /// Deletes the proofs that are too old to be accepted again.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
            .await
            .map(drop)
    }
}
