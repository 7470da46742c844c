//! Access tokens of OAuth clients for themselves: client credentials (RFC 6749 section 4.4) at one resource (RFC 8707).

use super::access_tokens::AccessTokens;
use super::client_authentication::{
    AuthenticatedClient, PresentedClient, Reason, authenticate, refuse,
};
use super::client_info::ClientInfo;
use super::error::AppError;
use super::grant_error::GrantError;
use crate::app::RequestContext;
use crate::domain::audit::{Kind, Signed};
use crate::domain::oauth_client::{GrantType, Scope};
use crate::domain::resource;
use crate::domain::token::access_token::{ACCESS_TOKEN_SECONDS, AccessClaims};
use crate::runtime::{StoreError, random};
use crate::store::oauth_clients::{self, Use};
use crate::timestamp::Timestamp;

/// Maximum number of attempts. An attempt is repeated if an administrator has changed the client meanwhile.
const MAX_ATTEMPTS: usize = 5;

/// A request for an access token.
#[derive(Debug)]
pub struct TokenRequest<'a> {
    /// The client.
    pub presented: &'a PresentedClient,
    /// The URI of the resource.
    pub resource: Option<&'a str>,
    /// The scopes, separated by spaces; `None` for all that the client may have.
    pub scope: Option<&'a str>,
}

/// An access token.
#[derive(Debug)]
pub struct IssuedAccessToken {
    /// The token.
    pub token: String,
    /// Its scopes.
    pub scope: Scope,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Issues an access token.
///
/// # Errors
/// [`GrantError`].
pub async fn grant(
    context: &RequestContext,
    tokens: &AccessTokens,
    requester: &ClientInfo,
    request: &TokenRequest<'_>,
) -> Result<IssuedAccessToken, GrantError> {
    let mut conflicting = None;
    for _ in 0..MAX_ATTEMPTS {
        let authenticated = authenticate(context, requester, request.presented).await?;
        let (version, has_assertion) = (
            authenticated.client.version,
            authenticated.assertion.is_some(),
        );
        if has_assertion && conflicting == Some(version) {
            // The client is the same as in the last attempt, so its assertion caused the conflict.
            let reason = Reason::UsedAssertion;
            return Ok(refuse(context, requester, request.presented, reason).await?);
        }
        match issue(context, tokens, requester, &authenticated, request).await? {
            Some(issued) => return Ok(issued),
            None => conflicting = Some(version),
        }
    }
    Err(GrantError::App(AppError::Contention))
}

/// `None` if the client was changed, or its assertion was used before.
async fn issue(
    context: &RequestContext,
    tokens: &AccessTokens,
    requester: &ClientInfo,
    authenticated: &AuthenticatedClient,
    request: &TokenRequest<'_>,
) -> Result<Option<IssuedAccessToken>, GrantError> {
    let client = &authenticated.client;
    let grant_types = &client.metadata.grant_types;
    if !authenticated.is_confidential() || !grant_types.contains(&GrantType::ClientCredentials) {
        return Err(GrantError::UnauthorizedClient);
    }
    let resources = &context.app.config.oauth.resources;
    let named = request
        .resource
        .and_then(|uri| resource::find(resources, uri));
    let resource = named.ok_or(GrantError::InvalidTarget)?;
    let asked = match request.scope {
        Some(text) => Some(Scope::parse(text).ok_or(GrantError::InvalidScope)?),
        None => None,
    };
    let scope = client.metadata.scope.granted(resource, asked.as_ref());
    let scope = scope.ok_or(GrantError::InvalidScope)?;
    let now = context.now();
    let (id, expires_at) = (client.client_id, now.plus(ACCESS_TOKEN_SECONDS));
    let claims = AccessClaims {
        subject: id.to_string(),
        audience: resource.uri.clone(),
        client: id.to_string(),
        issued_at: now,
        expires_at,
        id: random::uuid()?,
        scope: scope.as_str().to_owned(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
    };
    // Before anything is written: a token that cannot be signed must not be recorded as issued.
    let token = tokens.issue(&claims).await.map_err(GrantError::Issue)?;
    let entry = entry(context, requester, &claims).map_err(GrantError::App)?;
    let usage = Use {
        id,
        version: client.version,
        assertion: authenticated.assertion.as_ref(),
        now,
        entry: &entry,
    };
    match oauth_clients::record_use(context.app.database, &usage).await {
        Ok(()) => Ok(Some(IssuedAccessToken {
            token,
            scope,
            expires_at,
        })),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(GrantError::App(error.into())),
    }
}

/// Scopes and resource are texts of the configuration.
fn entry(
    context: &RequestContext,
    requester: &ClientInfo,
    claims: &AccessClaims,
) -> Result<Signed, AppError> {
    let (client, scope, resource) = (&claims.client, &claims.scope, &claims.audience);
    let detail = format!("client {client}: {scope} at {resource}");
    let entry = requester.entry(context, Kind::ClientTokenIssued)?;
    let subject = client.parse().ok();
    Ok(context.sign(entry.about(subject).detail(detail)))
}
