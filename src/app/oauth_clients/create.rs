//! Registers an OAuth client.

use super::secret::NewSecret;
use super::{ClientRegistry, Failure, check_keys};
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::oauth_client::{Metadata, OauthClient};
use crate::runtime::random;
use crate::store::oauth_clients::{self, Created, NewClient};

/// An OAuth client that was registered.
#[derive(Debug)]
pub struct RegisteredClient {
    /// The client.
    pub client: OauthClient,
    /// Its secret, if it has one.
    pub secret: Option<Secret>,
}

impl ClientRegistry<'_> {
    /// Registers a client.
    ///
    /// # Errors
    /// `App`, `Misfit`, `UnusableKey`, `TooMany`, `NotPermitted`.
    pub async fn create(&self, metadata: &Metadata) -> Result<RegisteredClient, Failure> {
        metadata.check()?;
        check_keys(metadata.jwks.as_ref()).await?;
        let id = random::uuid().map_err(AppError::from)?;
        let method = metadata.token_endpoint_auth_method;
        let secret = method.uses_secret().then(NewSecret::create).transpose()?;
        let new = NewClient {
            id,
            metadata,
            secret_hash: secret.as_ref().map(|secret| secret.hash.as_str()),
            actor: self.actor,
            now: self.context.now(),
            entry: &self.entry(Kind::ClientCreated, id, method.kind().as_str())?,
        };
        match oauth_clients::create(self.context.app.database, &new).await? {
            Created::Done(client) => Ok(RegisteredClient {
                client: *client,
                secret: secret.map(|secret| secret.secret),
            }),
            Created::TooMany => Err(Failure::TooMany),
            Created::NotPermitted => Err(Failure::NotPermitted),
        }
    }
}
