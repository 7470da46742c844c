//! Revokes all grants to an OAuth client, which keeps its registration.

use super::{ClientRegistry, Failure};
use crate::domain::audit::Kind;
use crate::domain::oauth_client::OauthClient;
use crate::store::oauth_clients::{self, GrantsRevocation, GrantsRevoked};
use uuid::Uuid;

impl ClientRegistry<'_> {
    /// Revokes all grants to a client, of any version. A repetition changes nothing.
    ///
    /// # Errors
    /// `App`, `NotFound`, `NotPermitted`.
    pub async fn revoke_grants(&self, id: Uuid) -> Result<OauthClient, Failure> {
        let revocation = GrantsRevocation {
            id,
            actor: self.actor,
            now: self.context.now(),
            entry: &self.entry(Kind::ClientGrantsRevoked, id, "")?,
        };
        let revoked = oauth_clients::revoke_grants(self.context.app.database, &revocation).await;
        self.context.app.confirmed_tokens.clear();
        match revoked? {
            GrantsRevoked::Done(client) => Ok(*client),
            GrantsRevoked::NotFound => Err(Failure::NotFound),
            GrantsRevoked::NotPermitted => Err(Failure::NotPermitted),
        }
    }
}
