//! Secrets of OAuth clients. A secret has 256 random bits, so a plain hash of it suffices.

use super::{Attempt, ClientRegistry, ClientWithSecret, Failure, MAX_ATTEMPTS, attempt};
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::runtime::random;
use crate::store::oauth_clients;
use base64ct::{Base64UrlUnpadded, Encoding};
use uuid::Uuid;

/// A new secret.
#[derive(Debug)]
pub(super) struct NewSecret {
    /// The secret.
    pub secret: Secret,
    /// Its hash, which is stored.
    pub hash: String,
}

impl NewSecret {
    /// A random secret.
    ///
    /// # Errors
    /// `Runtime`.
    pub fn create() -> Result<Self, AppError> {
        let bytes = random::bytes::<32>()?;
        let secret = Secret::new(Base64UrlUnpadded::encode_string(&bytes));
        let hash = fingerprint(secret.reveal());
        Ok(Self { secret, hash })
    }
}

impl ClientRegistry<'_> {
    /// Replaces the secret of a client. `version` is the version that the administrator has seen; `None` for any.
    ///
    /// # Errors
    /// `App`, `NotFound`, `NoSecret`, `VersionMismatch`, `NotPermitted`.
    pub async fn new_secret(
        &self,
        id: Uuid,
        version: Option<u32>,
    ) -> Result<ClientWithSecret, Failure> {
        for _ in 0..MAX_ATTEMPTS {
            let client = self.find(id, version).await?;
            if !client.metadata.token_endpoint_auth_method.uses_secret() {
                return Err(Failure::NoSecret);
            }
            let secret = NewSecret::create()?;
            let new = oauth_clients::NewSecret {
                id,
                version: client.version,
                actor: self.actor,
                hash: &secret.hash,
                now: self.context.now(),
                entry: &self.entry(Kind::ClientSecretCreated, id, "")?,
            };
            let written = oauth_clients::replace_secret(self.context.app.database, &new).await?;
            if let Attempt::Done(client) = attempt(written, version)? {
                return Ok(ClientWithSecret {
                    client: *client.ok_or(Failure::NotFound)?,
                    secret: secret.secret,
                });
            }
        }
        Err(Failure::App(AppError::Contention))
    }
}

#[cfg(test)]
mod tests {
    use super::NewSecret;
    use crate::crypto::fingerprint::fingerprint;

    #[test]
    fn secret_has_256_random_bits_and_its_hash() {
        let (one, other) = (NewSecret::create().unwrap(), NewSecret::create().unwrap());
        assert_eq!(one.secret.reveal().len(), 43);
        assert_eq!(one.hash, fingerprint(one.secret.reveal()));
        assert_ne!(one.secret, other.secret);
    }
}
