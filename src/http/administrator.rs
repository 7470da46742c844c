//! The check of the caller of an administration route: an access token of an OAuth client, or the session of an administrator.

use super::caller::{self, Check, bearer, limit_site};
use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::request::Request;
use crate::app::RequestContext;
use crate::app::administrator::{self, Administrator, BearerToken, ClientRefusal, ClientToken};
use crate::app::denied_access::KnownCaller;
use crate::domain::administration_scope::AdministrationScope;

/// An OAuth client with this scope, or an administrator.
///
/// # Errors
/// Those of [`caller::administrator`], and `InsufficientScope`.
pub async fn administrator_or_client(
    context: &RequestContext,
    request: &Request,
    check: Check,
    scope: AdministrationScope,
) -> Result<Administrator, ApiError> {
    if let Some(token) = client(context, request, check, scope).await? {
        return Ok(Administrator::Client(token));
    }
    let session = caller::administrator(context, request, check).await?;
    Ok(Administrator::User(Box::new(session)))
}

/// An OAuth client with this scope, or a super administrator.
///
/// # Errors
/// Those of [`caller::super_administrator`], and `InsufficientScope`.
pub async fn super_administrator_or_client(
    context: &RequestContext,
    request: &Request,
    check: Check,
    scope: AdministrationScope,
) -> Result<Administrator, ApiError> {
    if let Some(token) = client(context, request, check, scope).await? {
        return Ok(Administrator::Client(token));
    }
    let session = caller::super_administrator(context, request, check).await?;
    Ok(Administrator::User(Box::new(session)))
}

/// The OAuth client, if the request has an access token for the administration. The rate limit counts by client if the token is
/// valid, otherwise by client site.
async fn client(
    context: &RequestContext,
    request: &Request,
    check: Check,
    scope: AdministrationScope,
) -> Result<Option<ClientToken>, ApiError> {
    let Some(token) = bearer(request.authorization.as_deref()) else {
        return Ok(None);
    };
    let presented = match administrator::verify(context, token).await {
        BearerToken::Other => return Ok(None),
        BearerToken::OfClient(presented) => presented,
        BearerToken::Expired => {
            limit_site(context, request, check.bucket).await?;
            return Err(ErrorCode::TokenExpired.into());
        }
        BearerToken::OfUser => {
            limit_site(context, request, check.bucket).await?;
            return Err(ErrorCode::InvalidToken.into());
        }
    };
    let client = presented.client;
    context.limit(check.bucket, &client.to_string()).await?;
    let refusal = match presented.admit(context, scope).await? {
        Ok(token) => return Ok(Some(token)),
        Err(refusal) => refusal,
    };
    if matches!(refusal, ClientRefusal::InsufficientScope(_)) {
        let caller = KnownCaller::oauth_client(context, request.client_info(), client);
        let denied = check.denied(ErrorCode::InsufficientScope);
        caller.record_denied(denied, None).await?;
    }
    Err(refusal.into())
}

impl From<ClientRefusal> for ApiError {
    fn from(refusal: ClientRefusal) -> Self {
        match refusal {
            ClientRefusal::InvalidToken => ErrorCode::InvalidToken.into(),
            ClientRefusal::InsufficientScope(scope) => Self::insufficient_scope(scope.as_str()),
        }
    }
}
