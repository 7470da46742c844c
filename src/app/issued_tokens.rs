//! Introspection (RFC 7662) and revocation (RFC 7009) of access tokens and refresh tokens by OAuth clients.

use super::access_tokens::AccessTokens;
use super::client_authentication::{
    AuthenticatedClient, AuthenticationError, PresentedClient, Reason, authenticate,
    authenticate_found, authenticate_with_grant, refuse,
};
use super::client_info::ClientInfo;
use super::error::AppError;
use crate::app::RequestContext;
use crate::crypto::grant_tokens::GrantToken;
use crate::domain::audit::{Kind, Signed};
use crate::domain::grant::{self, GrantRecord, RefreshStatus};
use crate::domain::resource::{self, Resource};
use crate::domain::token::access_token::AccessClaims;
use crate::runtime::StoreError;
use crate::store::access_tokens;
use crate::store::oauth_grants;
use uuid::Uuid;

/// Whether the user of an active token may still grant what it contains. A change of the role takes effect at once, and not only at the
/// next refresh.
pub(super) fn is_permitted(
    context: &RequestContext,
    claims: &AccessClaims,
    active: access_tokens::Active,
) -> bool {
    let resource = resource::find(&context.app.config.oauth.resources, &claims.audience);
    let permits = |role| grant::is_still_permitted(claims, resource, role);
    active.role.is_none_or(permits)
}

/// A token that is active.
#[derive(Debug)]
pub enum ActiveToken {
    /// An access token with these claims.
    Access(AccessClaims),
    /// A refresh token of this grant, with the scopes that the user may still grant.
    Refresh(Box<GrantRecord>),
}

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
    /// Returns a token if it is active. An access token is active if this service issued it, it has not expired, its client is
    /// active and has not revoked it, and its grant, if it has one, is live. A refresh token is active if it belongs to the client
    /// and can be used. Any confidential client may ask.
    ///
    /// # Errors
    /// [`AuthenticationError`]; public clients have not authenticated.
    pub async fn introspect(
        &self,
        token: &str,
    ) -> Result<Option<ActiveToken>, AuthenticationError> {
        if let Some(claims) = self.claims(token).await {
            return self.introspect_access_token(claims).await;
        }
        let (authenticated, own_grant) = self.authenticate_with_own_grant(token).await?;
        self.require_confidential(&authenticated).await?;
        self.use_assertion(&authenticated).await?;
        let Some((token, mut grant)) = own_grant else {
            return Ok(None);
        };
        let resources = &self.context.app.config.oauth.resources;
        let resource = grant.resource.as_ref();
        let resource = resource.and_then(|uri| resource::find(resources, uri));
        let Some(scope) = grant::grantable(&grant.scope, resource, grant.role) else {
            return Ok(None);
        };
        grant.scope = scope;
        let window = self.context.app.config.sessions.replay_window;
        let status = grant.refresh_status(token.generation, self.context.now(), window);
        let is_usable = matches!(status, RefreshStatus::Current | RefreshStatus::Replayable);
        let not_before = self.context.app.config.tokens.not_before;
        let is_too_old = not_before.is_some_and(|not_before| grant.rotated_at < not_before);
        let is_active = is_usable && !is_too_old;
        Ok(is_active.then(|| ActiveToken::Refresh(Box::new(grant))))
    }

    async fn introspect_access_token(
        &self,
        claims: AccessClaims,
    ) -> Result<Option<ActiveToken>, AuthenticationError> {
        let (context, presented) = (self.context, self.presented);
        let (database, now) = (context.app.database, context.now());
        let (active, client) = match presented.client_id() {
            Some(id) => access_tokens::find_active_with_client(database, &claims, id, now).await?,
            None => (None, None),
        };
        let authenticated = authenticate_found(context, self.requester, presented, client).await?;
        self.require_confidential(&authenticated).await?;
        self.use_assertion(&authenticated).await?;
        let is_active = active.is_some_and(|active| is_permitted(context, &claims, active));
        Ok(is_active.then_some(ActiveToken::Access(claims)))
    }

    /// Revokes a token of the client. An access token is revoked alone, a refresh token with its grant. Tokens of other clients
    /// stay valid, and the client does not learn that they exist.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn revoke(&self, token: &str) -> Result<(), AuthenticationError> {
        let (authenticated, own_grant) = self.authenticate_with_own_grant(token).await?;
        let id = authenticated.client.client_id;
        let assertion = authenticated.assertion.as_ref();
        let database = self.context.app.database;
        let own = |claims: &AccessClaims| claims.client == id.to_string();
        if let Some(claims) = self.claims(token).await.filter(own) {
            let detail = format!("client {id}: {} at {}", claims.scope, claims.audience);
            let user = claims
                .grant
                .as_ref()
                .and_then(|_| claims.subject.parse().ok());
            let about = user.unwrap_or(id);
            let entry = self.entry(Kind::ClientTokenRevoked, about, detail)?;
            let revocation = access_tokens::Revocation {
                token: claims.id,
                expires_at: claims.expires_at,
                assertion,
                entry: &entry,
            };
            let revoked = access_tokens::revoke(database, &revocation).await;
            self.context.app.confirmed_tokens.clear();
            return self.unless_used(revoked).await;
        }
        let Some((_, grant)) = own_grant else {
            return self.use_assertion(&authenticated).await;
        };
        let entry = self.entry(Kind::GrantRevoked, grant.user, format!("client {id}"))?;
        let revocation = oauth_grants::Revocation {
            grant: grant.id,
            now: self.context.now(),
            assertion,
            entries: &[&entry],
        };
        let revoked = oauth_grants::revoke(database, &revocation).await;
        self.context.app.confirmed_tokens.clear();
        self.unless_used(revoked).await
    }

    /// Authenticates the client. Also returns the grant if the text is a refresh token of the client, even if the token cannot be used.
    /// A code is not a token.
    async fn authenticate_with_own_grant(
        &self,
        text: &str,
    ) -> Result<(AuthenticatedClient, Option<(GrantToken, GrantRecord)>), AuthenticationError> {
        let (context, requester, presented) = (self.context, self.requester, self.presented);
        let verified = context.app.grant_keys.verify(text);
        let Some(token) = verified.filter(|token| !token.is_code()) else {
            return Ok((authenticate(context, requester, presented).await?, None));
        };
        let found = authenticate_with_grant(context, requester, presented, token.grant).await;
        let (authenticated, grant) = found?;
        let id = authenticated.client.client_id;
        let own_grant = grant.filter(|grant| grant.client == id);
        Ok((authenticated, own_grant.map(|grant| (token, grant))))
    }

    fn entry(&self, kind: Kind, about: Uuid, detail: String) -> Result<Signed, AppError> {
        let entry = self.requester.entry(self.context, kind)?;
        Ok(self.context.sign(entry.about(about).detail(detail)))
    }

    async fn require_confidential(
        &self,
        authenticated: &AuthenticatedClient,
    ) -> Result<(), AuthenticationError> {
        if authenticated.is_confidential() {
            return Ok(());
        }
        self.refuse(Reason::OtherMethod).await
    }

    async fn refuse<T>(&self, reason: Reason) -> Result<T, AuthenticationError> {
        refuse(self.context, self.requester, self.presented, reason).await
    }

    /// The claims of a token for one of the resources of the configuration, or for the user info endpoint.
    async fn claims(&self, token: &str) -> Option<AccessClaims> {
        let now = self.context.now();
        let claims = self.tokens.verify_for_any_audience(token, now).await.ok()?;
        let resources = &self.context.app.config.oauth.resources;
        let is_resource = |resource: &Resource| resource.uri == claims.audience;
        let is_issuer = claims.audience == self.context.app.config.tokens.issuer;
        (is_issuer || resources.iter().any(is_resource)).then_some(claims)
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
