//! The tokens of a grant: the logic that codes and refresh tokens share.

use super::{CodeRequest, RefreshRequest, code, refresh};
use crate::app::RequestContext;
use crate::app::access_tokens::AccessTokens;
use crate::app::client_authentication::{
    AuthenticatedClient, PresentedClient, Reason, authenticate, authenticate_with_grant, refuse,
};
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::grant_error::GrantError;
use crate::crypto::grant_tokens::GrantToken;
use crate::domain::audit::{Kind, Signed};
use crate::domain::grant::{self, GrantRecord, OPENID, ROLES};
use crate::domain::oauth_client::{GrantType, Scope};
use crate::domain::resource::{self, Resource};
use crate::domain::token::access_token::{ACCESS_TOKEN_SECONDS, AccessClaims};
use crate::domain::token::id_token::IdClaims;
use crate::runtime::{StoreError, random};
use crate::store::oauth_grants::{self, Issue, Revocation};
use crate::timestamp::Timestamp;

/// Maximum number of attempts. An attempt is repeated if another request has changed the grant or the client meanwhile.
const MAX_ATTEMPTS: usize = 5;

/// A request for the tokens of a grant.
#[derive(Clone, Copy, Debug)]
pub enum TokenRequest<'a> {
    /// With an authorization code.
    Code(CodeRequest<'a>),
    /// With a refresh token.
    Refresh(RefreshRequest<'a>),
}

impl TokenRequest<'_> {
    /// The code or the refresh token.
    fn token(&self) -> &str {
        match self {
            Self::Code(request) => request.code,
            Self::Refresh(request) => request.token,
        }
    }
}

/// A code or refresh token, and its grant.
pub(super) struct FoundGrant {
    token: GrantToken,
    grant: GrantRecord,
}

/// The tokens of a grant.
#[derive(Debug)]
pub struct IssuedTokens {
    /// The access token.
    pub access_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The refresh token, if the client is registered with this grant type.
    pub refresh_token: Option<String>,
    /// The ID token, if the user has allowed `openid`.
    pub id_token: Option<String>,
    /// The scopes, including those that belong to no resource.
    pub scope: Scope,
}

/// A client that asks for the tokens of a grant.
pub struct Requester<'a> {
    /// The context.
    pub context: &'a RequestContext,
    /// The access tokens of this service.
    pub tokens: &'a AccessTokens,
    /// The address and device of the client.
    pub client_info: &'a ClientInfo,
    /// The client.
    pub presented: &'a PresentedClient,
}

/// The result of one attempt.
pub(super) enum Attempt {
    /// The tokens were issued.
    Issued(IssuedTokens),
    /// The grant was revoked, because a code or refresh token was used again.
    Revoked,
    /// The grant or the client was changed meanwhile, or the assertion was used before. Holds the generation of the grant.
    Conflict(u32),
}

impl Requester<'_> {
    /// Issues tokens.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn issue(&self, request: TokenRequest<'_>) -> Result<IssuedTokens, GrantError> {
        let mut conflicting = None;
        for _ in 0..MAX_ATTEMPTS {
            let (client, found) = self.authenticate(request.token()).await?;
            let attempt = match &request {
                TokenRequest::Code(request) => code::redeem(self, &client, found, request).await,
                TokenRequest::Refresh(request) => {
                    refresh::refresh(self, &client, found, request).await
                }
            };
            let generation = match attempt? {
                Attempt::Issued(issued) => return Ok(issued),
                Attempt::Revoked => return Err(GrantError::InvalidGrant),
                Attempt::Conflict(generation) => generation,
            };
            let state = (client.client.version, generation);
            if client.assertion.is_some() && conflicting == Some(state) {
                // Grant and client are the same as in the last attempt, so the assertion caused the conflict.
                let reason = Reason::UsedAssertion;
                let refused = refuse(self.context, self.client_info, self.presented, reason).await;
                return Ok(refused?);
            }
            conflicting = Some(state);
        }
        Err(GrantError::App(AppError::Contention))
    }

    /// Authenticates the client, and finds the grant of a code or refresh token.
    async fn authenticate(
        &self,
        text: &str,
    ) -> Result<(AuthenticatedClient, Option<FoundGrant>), GrantError> {
        let (context, client_info, presented) = (self.context, self.client_info, self.presented);
        let Some(token) = context.app.grant_keys.verify(text) else {
            return Ok((authenticate(context, client_info, presented).await?, None));
        };
        let found = authenticate_with_grant(context, client_info, presented, token.grant).await;
        let (client, grant) = found?;
        Ok((client, grant.map(|grant| FoundGrant { token, grant })))
    }

    /// The grant of a code or refresh token, if it belongs to this client and is not too old.
    pub(super) fn own(
        &self,
        client: &AuthenticatedClient,
        found: Option<FoundGrant>,
    ) -> Result<(GrantToken, GrantRecord), GrantError> {
        let FoundGrant { token, grant } = found.ok_or(GrantError::InvalidGrant)?;
        let not_before = self.context.app.config.tokens.not_before;
        let is_too_old = not_before.is_some_and(|not_before| grant.rotated_at < not_before);
        if grant.client != client.client.client_id || is_too_old {
            return Err(GrantError::InvalidGrant);
        }
        Ok((token, grant))
    }

    /// The resource of a grant. No token is issued if the resource is no longer configured, or if the request names another
    /// resource.
    pub(super) fn resource(
        &self,
        grant: &GrantRecord,
        requested: Option<&str>,
    ) -> Result<Option<&'static Resource>, GrantError> {
        let resources = &self.context.app.config.oauth.resources;
        let of_grant = match &grant.resource {
            Some(uri) => Some(resource::find(resources, uri).ok_or(GrantError::InvalidGrant)?),
            None => None,
        };
        let Some(requested) = requested else {
            return Ok(of_grant);
        };
        let named = resource::find(resources, requested).map(|resource| &resource.uri);
        if named.is_none() || named != of_grant.map(|resource| &resource.uri) {
            return Err(GrantError::InvalidTarget);
        }
        Ok(of_grant)
    }

    /// Signs an access token with the scopes that the user may still grant. The token is signed before the first write, because a
    /// token that cannot be signed must not be recorded as issued.
    pub(super) async fn sign(
        &self,
        grant: &GrantRecord,
        resource: Option<&Resource>,
        requested: Option<&Scope>,
    ) -> Result<IssuedTokens, GrantError> {
        let may_grant = grant::grantable(&grant.scope, resource, grant.role);
        let scope = may_grant.ok_or(GrantError::InvalidGrant)?;
        let scope = match requested {
            Some(requested) if !requested.is_within(&grant.scope) => None,
            Some(requested) => {
                let narrowed = scope.filtered(|token| requested.contains(token));
                grant::known(&narrowed, resource)
            }
            None => Some(scope),
        };
        let scope = scope.ok_or(GrantError::InvalidScope)?;
        let issued_at = self.context.now();
        let expires_at = issued_at.plus(ACCESS_TOKEN_SECONDS).min(grant.ends_at);
        let issuer = &self.context.app.config.tokens.issuer;
        let claims = AccessClaims {
            subject: grant.user.to_string(),
            audience: resource.map_or_else(|| issuer.clone(), |resource| resource.uri.clone()),
            client: grant.client.to_string(),
            issued_at,
            expires_at,
            id: random::uuid()?,
            scope: grant::of_access_token(&scope, resource).as_str().to_owned(),
            grant: Some(grant.id.to_string()),
            authenticated_at: Some(grant.authenticated_at),
            roles: if scope.contains(ROLES) {
                vec![grant.role]
            } else {
                Vec::new()
            },
        };
        let access_token = self.tokens.issue(&claims).await?;
        let id_token = if scope.contains(OPENID) {
            let claims = IdClaims {
                subject: &claims.subject,
                client: &claims.client,
                issued_at,
                expires_at,
                authenticated_at: grant.authenticated_at,
                // Only the first ID token of a grant has the `nonce` of the authorization request.
                nonce: grant
                    .nonce
                    .as_deref()
                    .filter(|_| grant.redeemed_at.is_none()),
                methods: &grant.methods,
                access_token: &access_token,
            };
            Some(self.tokens.issue_id_token(&claims).await?)
        } else {
            None
        };
        Ok(IssuedTokens {
            access_token,
            id_token,
            issued_at,
            expires_at,
            refresh_token: None,
            scope,
        })
    }

    /// The write that records the issued tokens. Without refresh tokens, the grant expires with the access token.
    pub(super) fn write<'w>(
        &self,
        grant: &'w GrantRecord,
        client: &'w AuthenticatedClient,
        issued: &IssuedTokens,
    ) -> Issue<'w> {
        let idle = self.context.app.config.oauth.grant_idle;
        Issue {
            grant,
            client_version: client.client.version,
            assertion: client.assertion.as_ref(),
            now: issued.issued_at,
            expires_at: if has_refresh_tokens(client) {
                issued.issued_at.plus(idle)
            } else {
                issued.expires_at
            },
        }
    }

    /// Adds the refresh token of this generation, if the client is registered with this grant type.
    pub(super) fn with_refresh_token(
        &self,
        issued: IssuedTokens,
        client: &AuthenticatedClient,
        token: GrantToken,
    ) -> Attempt {
        let issue = || self.context.app.grant_keys.issue(token);
        Attempt::Issued(IssuedTokens {
            refresh_token: has_refresh_tokens(client).then(issue),
            ..issued
        })
    }

    /// An audit entry about a grant. The user is the subject and not the actor, because the client sends the request.
    pub(super) fn entry(
        &self,
        kind: Kind,
        grant: &GrantRecord,
        detail: String,
    ) -> Result<Signed, AppError> {
        let entry = self.client_info.entry(self.context, kind)?;
        Ok(self.context.sign(entry.about(grant.user).detail(detail)))
    }

    /// Revokes a grant whose code or refresh token was used again, which shows that it has leaked (RFC 9700 section 4.14.2, RFC
    /// 6749 section 4.1.2).
    pub(super) async fn revoke(
        &self,
        kind: Kind,
        grant: &GrantRecord,
        client: &AuthenticatedClient,
    ) -> Result<Attempt, GrantError> {
        let entry = self.entry(kind, grant, format!("client {}", grant.client))?;
        let revocation = Revocation {
            grant: grant.id,
            now: self.context.now(),
            assertion: client.assertion.as_ref(),
            entries: &[&entry],
        };
        let revoked = oauth_grants::revoke(self.context.app.database, &revocation).await;
        self.context.app.confirmed_tokens.clear();
        match revoked {
            Ok(()) => Ok(Attempt::Revoked),
            Err(StoreError::Conflict) => Ok(Attempt::Conflict(grant.generation)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a client is registered with this grant type.
pub(super) fn may_use(client: &AuthenticatedClient, grant_type: GrantType) -> bool {
    client.client.metadata.grant_types.contains(&grant_type)
}

fn has_refresh_tokens(client: &AuthenticatedClient) -> bool {
    may_use(client, GrantType::RefreshToken)
}
