//! Erases a user.

use super::{Administration, Failure};
use crate::app::email::BUDGETS_OF_USERS;
use crate::app::error::AppError;
use crate::domain::administration::Action;
use crate::domain::audit::Kind;
use crate::store::users::erase::{self, Erasure};
use uuid::Uuid;

/// Maximum number of attempts. An attempt is repeated if another request has changed the user.
const MAX_ATTEMPTS: usize = 3;

impl Administration<'_> {
    /// Erases a user, and overwrites their cached sessions. `version` is the version that the administrator has seen; `None` for any.
    ///
    /// # Errors
    /// `App`, `UserNotFound`, `NotPermitted`, `VersionMismatch`.
    pub async fn erase(&self, id: Uuid, version: Option<u32>) -> Result<(), Failure> {
        let mut failed_at = None;
        for _ in 0..MAX_ATTEMPTS {
            let user = self.target(id, Action::Erase).await?;
            if version.is_some_and(|version| version != user.version) {
                return Err(Failure::VersionMismatch);
            }
            if failed_at == Some(user.version) {
                // The user has not changed, so the administrator has.
                return Err(Failure::NotPermitted);
            }
            let entry = self.context.sign(self.entry(Kind::UserErased, id)?);
            let erasure = Erasure {
                user: id,
                version: user.version,
                actor: self.actor.id,
                entry: &entry,
            };
            let (app, now) = (self.context.app, self.context.received_at);
            let cached_since = now.minus(app.session_cache.lifetime_seconds());
            let erased = erase::erase(app.database, &erasure, cached_since, BUDGETS_OF_USERS);
            if let Some(sessions) = erased.await? {
                app.confirmed_tokens.clear();
                app.session_cache.erase(&sessions).await;
                return Ok(());
            }
            failed_at = Some(user.version);
        }
        Err(Failure::App(AppError::Contention))
    }
}
