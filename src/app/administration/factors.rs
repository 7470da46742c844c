//! The second factors of a user: an administrator sees them, and removes all of them if the user has lost them.

use super::{Administration, Failure};
use crate::app::email::{FactorEvent, Recipient, notices};
use crate::app::sessions::revoke_cached;
use crate::domain::administration::Action;
use crate::domain::audit::Kind;
use crate::store::factors::reset::{self, Reset};
use uuid::Uuid;

impl Administration<'_> {
    /// Removes all second factors of a user and revokes all sessions. Returns the number of sessions that were revoked. The password
    /// stays, and the next sign-in with it adds a new factor if `MFA_POLICY` demands one.
    ///
    /// # Errors
    /// `App`, `UserNotFound`, `NotPermitted`.
    pub async fn reset_factors(&self, id: Uuid) -> Result<u32, Failure> {
        let user = self.target(id, Action::ResetFactors).await?;
        let revoked = self.entry(Kind::SessionRevoked, id)?;
        let reset = Reset {
            user: id,
            actor: self.actor.id,
            reset: &self.context.sign(self.entry(Kind::FactorsReset, id)?),
            revoked: &self.context.sign(revoked.detail("factors_reset")),
            now: self.context.received_at,
        };
        let sessions = reset::reset(self.context.app.database, &reset).await?;
        let sessions = sessions.ok_or(Failure::NotPermitted)?;
        revoke_cached(self.context, &sessions.latest).await;
        if let Some(address) = user.email {
            let recipient = Recipient {
                user: id,
                name: user.name,
                address,
            };
            let event = FactorEvent::FactorsReset;
            notices::factor_of(self.context, self.client, recipient, event);
        }
        Ok(sessions.count)
    }
}
