//! Introspection (RFC 7662) and revocation (RFC 7009) of access tokens by OAuth clients.

use super::access_tokens::AccessTokens;
use super::client_authentication::{
    AuthenticatedClient, AuthenticationError, PresentedClient, Reason, authenticate, refuse,
};
use super::client_info::ClientInfo;
use crate::app::RequestContext;
use crate::domain::audit::Kind;
use crate::domain::token::access_token::AccessClaims;
use crate::runtime::StoreError;
use crate::store::access_tokens::{self, Revocation};

/// A request of an OAuth client about a token.
pub struct AboutToken<'a> {
    /// The context.
    pub context: &'a RequestContext,
    /// The tokens of this service.
    pub tokens: &'a AccessTokens,
    /// Where the request comes from.
    pub requester: &'a ClientInfo,
    /// The client.
    pub presented: &'a PresentedClient,
}

impl AboutToken<'_> {
    /// The claims of a token that is active: this service issued it for one of its resources, it has not expired, its client is active
    /// and has not revoked it. Any confidential client may ask.
    ///
    /// # Errors
    /// [`AuthenticationError`]; public clients have not authenticated.
    pub async fn introspect(
        &self,
        token: &str,
    ) -> Result<Option<AccessClaims>, AuthenticationError> {
        let authenticated = self.authenticate().await?;
        if !authenticated.is_confidential() {
            return self.refuse(Reason::OtherMethod).await;
        }
        let Some(claims) = self.claims(token).await else {
            self.use_assertion(&authenticated).await?;
            return Ok(None);
        };
        let (client, assertion) = (&claims.client, authenticated.assertion.as_ref());
        let database = self.context.app.database;
        let found = access_tokens::is_active(database, client, claims.id, assertion).await;
        let is_active = self.unless_used(found).await?;
        Ok(is_active.then_some(claims))
    }

    /// Revokes a token of the client. Other tokens stay as they are, and the client does not learn of them.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn revoke(&self, token: &str) -> Result<(), AuthenticationError> {
        let authenticated = self.authenticate().await?;
        let id = authenticated.client.client_id;
        let own = |claims: &AccessClaims| claims.client == id.to_string();
        let Some(claims) = self.claims(token).await.filter(own) else {
            return self.use_assertion(&authenticated).await;
        };
        let entry = self
            .requester
            .entry(self.context, Kind::ClientTokenRevoked)?;
        let detail = format!("client {id}: {} at {}", claims.scope, claims.audience);
        let entry = self.context.sign(entry.about(id).detail(detail));
        let revocation = Revocation {
            token: claims.id,
            expires_at: claims.expires_at,
            assertion: authenticated.assertion.as_ref(),
            entry: &entry,
        };
        let revoked = access_tokens::revoke(self.context.app.database, &revocation).await;
        self.unless_used(revoked).await
    }

    async fn authenticate(&self) -> Result<AuthenticatedClient, AuthenticationError> {
        authenticate(self.context, self.requester, self.presented).await
    }

    async fn refuse<T>(&self, reason: Reason) -> Result<T, AuthenticationError> {
        refuse(self.context, self.requester, self.presented, reason).await
    }

    /// The claims of a token for one of the resources of the configuration.
    async fn claims(&self, token: &str) -> Option<AccessClaims> {
        let now = self.context.now();
        let claims = self.tokens.verify_for_any_audience(token, now).await.ok()?;
        let resources = &self.context.app.config.oauth.resources;
        let is_known = resources
            .iter()
            .any(|resource| resource.uri == claims.audience);
        is_known.then_some(claims)
    }

    async fn use_assertion(
        &self,
        authenticated: &AuthenticatedClient,
    ) -> Result<(), AuthenticationError> {
        let Some(assertion) = &authenticated.assertion else {
            return Ok(());
        };
        let used = assertion.use_up(self.context.app.database).await;
        self.unless_used(used).await
    }

    /// In these batches, the assertion is the only cause of a conflict.
    async fn unless_used<T>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<T, AuthenticationError> {
        match result {
            Ok(value) => Ok(value),
            Err(StoreError::Conflict) => self.refuse(Reason::UsedAssertion).await,
            Err(error) => Err(error.into()),
        }
    }
}
