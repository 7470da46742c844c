//! Changes an OAuth client.

use super::{Attempt, ClientRegistry, Failure, MAX_ATTEMPTS, attempt, check_keys};
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::oauth_client::{
    GrantType, KeySet, Metadata, OauthClient, Scope, TokenEndpointAuthMethod,
};
use crate::store::oauth_clients::{self, Change};
use uuid::Uuid;

/// New values. `None` does not change a value.
#[derive(Debug, Default)]
pub struct Changes {
    /// Name.
    pub client_name: Option<String>,
    /// Authentication at the token endpoint.
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Redirect URIs.
    pub redirect_uris: Option<Vec<String>>,
    /// Redirect URIs after a sign-out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Grants.
    pub grant_types: Option<Vec<GrantType>>,
    /// Scopes of client credentials.
    pub scope: Option<Scope>,
    /// Keys.
    pub jwks: Option<KeySet>,
    /// Whether the client may get tokens.
    pub is_active: Option<bool>,
}

impl Changes {
    fn applied_to(&self, metadata: &Metadata) -> Metadata {
        fn new<T: Clone>(change: Option<&T>, value: &T) -> T {
            change.unwrap_or(value).clone()
        }
        let jwks = self.jwks.as_ref().or(metadata.jwks.as_ref());
        let method = self.token_endpoint_auth_method;
        Metadata {
            client_name: new(self.client_name.as_ref(), &metadata.client_name),
            token_endpoint_auth_method: method.unwrap_or(metadata.token_endpoint_auth_method),
            redirect_uris: new(self.redirect_uris.as_ref(), &metadata.redirect_uris),
            post_logout_redirect_uris: new(
                self.post_logout_redirect_uris.as_ref(),
                &metadata.post_logout_redirect_uris,
            ),
            grant_types: new(self.grant_types.as_ref(), &metadata.grant_types),
            scope: new(self.scope.as_ref(), &metadata.scope),
            jwks: jwks.cloned(),
        }
    }
}

impl ClientRegistry<'_> {
    /// Changes a client. `version` is the version that the administrator has seen; `None` for any.
    ///
    /// # Errors
    /// `App`, `NotFound`, `Misfit`, `UnusableKey`, `VersionMismatch`, `NotPermitted`.
    pub async fn update(
        &self,
        id: Uuid,
        changes: &Changes,
        version: Option<u32>,
    ) -> Result<OauthClient, Failure> {
        check_keys(changes.jwks.as_ref()).await?;
        for _ in 0..MAX_ATTEMPTS {
            let client = self.find(id, version).await?;
            let metadata = changes.applied_to(&client.metadata);
            client.metadata.check_change(&metadata)?;
            let is_active = changes.is_active.unwrap_or(client.is_active);
            let mut what = client.metadata.differences(&metadata);
            if is_active != client.is_active {
                what.push(if is_active { "enabled" } else { "disabled" });
            }
            if what.is_empty() {
                return Ok(client);
            }
            let change = Change {
                id,
                version: client.version,
                actor: self.actor,
                metadata: &metadata,
                is_active,
                now: self.context.now(),
                entry: &self.entry(Kind::ClientChanged, id, &what.join(", "))?,
            };
            let written = oauth_clients::change(self.context.app.database, &change).await;
            self.context.app.confirmed_tokens.clear();
            let written = written?;
            if let Attempt::Done(client) = attempt(written, version)? {
                return client.map(|client| *client).ok_or(Failure::NotFound);
            }
        }
        Err(Failure::App(AppError::Contention))
    }
}
