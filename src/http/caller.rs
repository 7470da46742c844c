//! The check of a request's token and session, for each kind of [`Access`](super::route::Access).

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::request::Request;
use crate::app::RequestContext;
use crate::app::sessions;
use crate::app::token_verifier::{Refusal, VerifiedToken};
use crate::domain::address::site;
use crate::domain::role::Role;
use crate::domain::session::SessionRecord;
use crate::domain::token::Claims;
use crate::runtime::rate_limiter::Bucket;
use std::rc::Rc;

pub use crate::app::sessions::CachedCaller;

/// The token of a request, before its session is looked up.
#[derive(Debug)]
pub enum PresentedToken {
    /// There is no bearer token.
    Missing,
    /// This service did not issue the token.
    Invalid,
    /// It is authentic and has not expired.
    Valid(Rc<VerifiedToken>),
    /// It is authentic and has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It is authentic and was issued before `TOKENS_NOT_BEFORE`. It may only be used to revoke its session.
    TooOld(Claims),
}

impl PresentedToken {
    /// The claims of the token, if this service issued it.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Missing | Self::Invalid => None,
            Self::Valid(verified) => Some(&verified.claims),
            Self::Expired(claims) | Self::TooOld(claims) => Some(claims),
        }
    }

    /// The error for this token, if it is not valid.
    fn valid(self) -> Result<Rc<VerifiedToken>, ApiError> {
        match self {
            Self::Valid(verified) => Ok(verified),
            Self::Missing => Err(ErrorCode::NoToken.into()),
            Self::Expired(_) => Err(ErrorCode::TokenExpired.into()),
            Self::TooOld(_) | Self::Invalid => Err(ErrorCode::InvalidToken.into()),
        }
    }
}

/// The token in an `Authorization` header (RFC 6750 section 2.1). The case of the scheme does not matter (RFC 9110 section
/// 11.1).
fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Applies the rate limit per client site.
///
/// # Errors
/// `RateLimited`.
pub async fn limit_site(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<(), ApiError> {
    let site = site(request.address().as_deref());
    Ok(context.limit(bucket, &site).await?)
}

/// The request's token, after the check of the rate limit: per session if the token is valid, otherwise per client site.
///
/// # Errors
/// `RateLimited`.
pub async fn token(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<PresentedToken, ApiError> {
    let Some(token) = bearer(request.authorization.as_deref()) else {
        limit_site(context, request, bucket).await?;
        return Ok(PresentedToken::Missing);
    };
    match context.app.tokens.verify(token, context.received_at) {
        Ok(verified) => {
            context.limit(bucket, &verified.session).await?;
            Ok(PresentedToken::Valid(verified))
        }
        Err(refusal) => {
            limit_site(context, request, bucket).await?;
            Ok(match refusal {
                Refusal::Expired(claims) => PresentedToken::Expired(claims),
                Refusal::TooOld(claims) => PresentedToken::TooOld(claims),
                Refusal::Invalid => PresentedToken::Invalid,
            })
        }
    }
}

/// The caller, from the cached session while it is fresh, otherwise from D1.
///
/// # Errors
/// `RateLimited`, `NoToken`, `InvalidToken`, `TokenExpired`; `StorageUnavailable` if the session can be read from neither
/// store.
pub async fn cached_session(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<CachedCaller, ApiError> {
    let verified = token(context, request, bucket).await?.valid()?;
    let caller = sessions::find_cached(context, &verified).await?;
    caller.ok_or_else(|| ErrorCode::InvalidToken.into())
}

/// The current state of the session in D1's primary.
///
/// # Errors
/// `RateLimited`, `NoToken`, `InvalidToken`, `TokenExpired`, `StorageUnavailable`.
pub async fn session(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<SessionRecord, ApiError> {
    let verified = token(context, request, bucket).await?.valid()?;
    let found = sessions::find(context, &verified).await?;
    found.ok_or_else(|| ErrorCode::InvalidToken.into())
}

/// The session of an administrator or super administrator.
///
/// # Errors
/// Like [`session`], and `AdminRequired`.
pub async fn administrator(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<SessionRecord, ApiError> {
    let record = session(context, request, bucket).await?;
    if record.user.role.is_admin() {
        Ok(record)
    } else {
        Err(ErrorCode::AdminRequired.into())
    }
}

/// The session of a super administrator.
///
/// # Errors
/// Like [`session`], and `SuperAdminRequired`.
pub async fn super_administrator(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<SessionRecord, ApiError> {
    let record = session(context, request, bucket).await?;
    if record.user.role == Role::SuperAdmin {
        Ok(record)
    } else {
        Err(ErrorCode::SuperAdminRequired.into())
    }
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn token_is_read_from_a_bearer_header_only() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Bearer a b", Some("a b")),
            ("Bearer", None),
            ("Bearer ", None),
            ("", None),
            ("Basic YTpi", None),
            ("Bearerabc", None),
        ] {
            assert_eq!(bearer(Some(header)), token, "{header}");
        }
        assert_eq!(bearer(None), None);
    }
}
