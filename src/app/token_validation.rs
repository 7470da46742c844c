//! Validates a token for another Worker: a session token, or an access token for a resource.

use super::RequestContext;
use super::error::AppError;
use super::sessions::{self, CachedCaller, Lookup};
use crate::app::credential::Refusal;
use crate::app::issued_tokens::is_permitted;
use crate::config::Consistency;
use crate::domain::token::access_token::{AccessClaims, AccessTokenRejection};
use crate::runtime::StoreError;
use crate::runtime::rate_limiter::Bucket;
use crate::store::access_tokens;

/// The reason why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationError {
    /// A store failed, or the rate limit is exceeded.
    App(AppError),
    /// The token is authentic but has expired.
    Expired,
    /// The token is not valid, or not for this purpose.
    Invalid,
    /// The access token does not have all scopes.
    InsufficientScope,
}

impl From<AppError> for ValidationError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<StoreError> for ValidationError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// The user of a session token, as `/validate` returns it.
///
/// # Errors
/// [`ValidationError`] other than `InsufficientScope`.
pub async fn session_token(
    context: &RequestContext,
    token: &str,
) -> Result<CachedCaller, ValidationError> {
    let verified = match context.app.tokens.verify(token, context.received_at) {
        Ok(verified) => verified,
        Err(Refusal::Expired(_)) => return Err(ValidationError::Expired),
        Err(Refusal::TooOld(_) | Refusal::Invalid) => return Err(ValidationError::Invalid),
    };
    context.limit(Bucket::Session, &verified.session).await?;
    match sessions::find_cached(context, &verified).await? {
        Lookup::Live(caller) => Ok(caller),
        // The call contains a session token, so it cannot contain a reused cookie.
        Lookup::Refused | Lookup::ReusedCookie(_) => Err(ValidationError::Invalid),
    }
}

/// The claims of an access token for this audience, a resource of the configuration, with all these scopes.
///
/// # Errors
/// [`ValidationError`].
pub async fn access_token(
    context: &RequestContext,
    token: &str,
    audience: &str,
    scopes: &[&str],
) -> Result<AccessClaims, ValidationError> {
    let mut resources = context.app.config.oauth.resources.iter();
    if !resources.any(|resource| resource.uri == audience) {
        return Err(ValidationError::Invalid);
    }
    let claims = confirmed(context, token, audience).await?;
    let has_scope = |scope: &&str| claims.scope.split(' ').any(|own| own == *scope);
    if !scopes.iter().all(has_scope) {
        return Err(ValidationError::InsufficientScope);
    }
    Ok(claims)
}

/// The claims of an access token whose client is active and has not revoked it, and whose grant is live, if a user has granted it.
/// Only calls that read D1 count towards the rate limit. It is the rate limit of the grant, or of the client if there is no grant.
async fn confirmed(
    context: &RequestContext,
    token: &str,
    audience: &str,
) -> Result<AccessClaims, ValidationError> {
    let (app, now) = (context.app, context.received_at);
    let cache = &app.confirmed_tokens;
    let is_cached = app.config.sessions.consistency == Consistency::Cached;
    let cached = is_cached.then(|| cache.find(token, now)).flatten();
    let cached = cached.filter(|confirmed| confirmed.claims.audience == audience);
    if let Some(confirmed) = cached.as_ref().filter(|cached| now < cached.fresh_until) {
        return Ok(confirmed.claims.clone());
    }
    let tokens = app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ValidationError::Invalid)?;
    let claims = match tokens.verify(token, audience, now).await {
        Ok(claims) => claims,
        Err(AccessTokenRejection::Expired) => return Err(ValidationError::Expired),
        Err(AccessTokenRejection::Invalid) => return Err(ValidationError::Invalid),
    };
    if claims.grant.is_none() && claims.subject != claims.client {
        // The service issues no such token.
        return Err(ValidationError::Invalid);
    }
    let limited = claims.grant.as_ref().unwrap_or(&claims.client);
    context.limit(Bucket::Session, limited).await?;
    let epoch = cache.epoch();
    match access_tokens::find_active(app.database, &claims, now).await {
        Ok(Some(active)) if is_permitted(context, &claims, active) => {
            if is_cached {
                cache.add(epoch, token, &claims, now);
            }
            Ok(claims)
        }
        Ok(_) => {
            cache.remove(token);
            Err(ValidationError::Invalid)
        }
        // D1 is unavailable.
        Err(_) if cached.is_some() => Ok(claims),
        Err(error) => Err(error.into()),
    }
}
