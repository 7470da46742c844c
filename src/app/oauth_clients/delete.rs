//! Deletes an OAuth client.

use super::{Attempt, ClientRegistry, Failure, MAX_ATTEMPTS, attempt};
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::store::oauth_clients::{self, Deletion};
use uuid::Uuid;

impl ClientRegistry<'_> {
    /// Deletes a client. `version` is the version that the administrator has seen; `None` for any.
    ///
    /// # Errors
    /// `App`, `NotFound`, `VersionMismatch`, `NotPermitted`.
    pub async fn delete(&self, id: Uuid, version: Option<u32>) -> Result<(), Failure> {
        for _ in 0..MAX_ATTEMPTS {
            let client = self.find(id, version).await?;
            let deletion = Deletion {
                id,
                version: client.version,
                actor: self.actor,
                now: self.context.now(),
                entry: &self.entry(Kind::ClientDeleted, id, "")?,
            };
            let deleted = oauth_clients::delete(self.context.app.database, &deletion).await;
            self.context.app.confirmed_tokens.clear();
            let deleted = deleted?;
            if let Attempt::Done(_) = attempt(deleted, version)? {
                return Ok(());
            }
        }
        Err(Failure::App(AppError::Contention))
    }
}
