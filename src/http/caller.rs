//! The check of a request's token or session cookie and of its session, for each kind of [`Access`](super::route::Access).

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::origin::RequestOrigin;
use super::request::{Method, Request};
use super::route::Guard;
use super::session_cookie;
use crate::app::RequestContext;
use crate::app::credential::{Refusal, VerifiedCredential};
use crate::app::denied_access::KnownCaller;
use crate::app::sessions::{self, Lookup};
use crate::domain::address::site;
use crate::domain::role::Role;
use crate::domain::session::SessionRecord;
use crate::domain::token::Claims;
use crate::runtime::rate_limiter::Bucket;
use futures_util::future::LocalBoxFuture;
use std::rc::Rc;

pub use crate::app::sessions::CachedCaller;

/// The token or session cookie of a request, before its session is looked up.
#[derive(Debug)]
pub enum PresentedCredential {
    /// There is none.
    Missing,
    /// This service did not issue it, or it is a cookie that has expired.
    Invalid,
    /// It is authentic and has not expired.
    Valid(Rc<VerifiedCredential>),
    /// It is an authentic token and has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It is authentic and was issued before `TOKENS_NOT_BEFORE`. It may only be used to revoke its session.
    TooOld(Claims),
}

impl PresentedCredential {
    /// The claims, if this service issued it.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Missing | Self::Invalid => None,
            Self::Valid(verified) => Some(&verified.claims),
            Self::Expired(claims) | Self::TooOld(claims) => Some(claims),
        }
    }

    /// The error for it, if it is not valid.
    fn valid(self) -> Result<Rc<VerifiedCredential>, ApiError> {
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
#[must_use]
pub fn bearer(header: Option<&str>) -> Option<&str> {
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

/// The request's token, after the check of the rate limit: per session if the token is valid, otherwise per client site. A session
/// cookie is ignored.
///
/// # Errors
/// `RateLimited`.
pub async fn token(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
) -> Result<PresentedCredential, ApiError> {
    let Some(token) = bearer(request.authorization.as_deref()) else {
        limit_site(context, request, bucket).await?;
        return Ok(PresentedCredential::Missing);
    };
    let verdict = context.app.tokens.verify(token, context.received_at);
    limited(context, request, bucket, verdict).await
}

/// The request's token or, if it has no `Authorization` header, its session cookie, after the check of the rate limit and of the
/// origin of a request with a cookie.
///
/// # Errors
/// `RateLimited`, `CrossSiteRequest`.
pub async fn credential(
    context: &RequestContext,
    request: &Request,
    check: Check,
) -> Result<PresentedCredential, ApiError> {
    if request.authorization.is_some() {
        return token(context, request, check.bucket).await;
    }
    let Some(verdict) = session_cookie::verify(context, request) else {
        limit_site(context, request, check.bucket).await?;
        return Ok(PresentedCredential::Missing);
    };
    if !matches!(verdict, Err(Refusal::Invalid)) {
        let origin = RequestOrigin::of(&context.app.config, request);
        if let Err(error) = origin.require(check.guard) {
            // A page of another host of the domain must not use up the rate limit of the session.
            limit_site(context, request, check.bucket).await?;
            return Err(error);
        }
    }
    limited(context, request, check.bucket, verdict).await
}

/// Applies the rate limit: per session if the token or cookie is valid, otherwise per client site.
async fn limited(
    context: &RequestContext,
    request: &Request,
    bucket: Bucket,
    verdict: Result<Rc<VerifiedCredential>, Refusal>,
) -> Result<PresentedCredential, ApiError> {
    let refusal = match verdict {
        Ok(verified) => {
            context.limit(bucket, &verified.session).await?;
            return Ok(PresentedCredential::Valid(verified));
        }
        Err(refusal) => refusal,
    };
    limit_site(context, request, bucket).await?;
    Ok(match refusal {
        Refusal::Expired(claims) => PresentedCredential::Expired(claims),
        Refusal::TooOld(claims) => PresentedCredential::TooOld(claims),
        Refusal::Invalid => PresentedCredential::Invalid,
    })
}

/// What a route requires of its caller besides a role.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The rate limit.
    pub bucket: Bucket,
    /// Origin and step-up.
    pub guard: Guard,
    /// The method of the route.
    pub method: Method,
    /// The path of the route.
    pub path: &'static str,
}

impl Check {
    /// The detail of the audit entry about a refusal, in fixed words.
    #[must_use]
    pub fn denied(&self, code: ErrorCode) -> String {
        format!("{}: {} {}", code.as_str(), self.method.as_str(), self.path)
    }
}

/// The caller, from the cached session while it is fresh, otherwise from D1.
///
/// # Errors
/// `RateLimited`, `CrossSiteRequest`, `NoToken`, `InvalidToken`, `TokenExpired`; `StorageUnavailable` if the session can be read
/// from neither store.
pub async fn cached_session(
    context: &RequestContext,
    request: &Request,
    check: Check,
) -> Result<CachedCaller, ApiError> {
    let verified = credential(context, request, check).await?.valid()?;
    let found = sessions::find_cached(context, &verified).await?;
    let caller = live(context, request, found).await?;
    caller.ok_or_else(|| ErrorCode::InvalidToken.into())
}

/// The current state of the session in D1's primary; `None` if it does not accept the token or cookie.
///
/// # Errors
/// `StorageUnavailable`.
pub async fn find_session(
    context: &RequestContext,
    request: &Request,
    verified: &VerifiedCredential,
) -> Result<Option<SessionRecord>, ApiError> {
    let found = sessions::find(context, verified).await?;
    live(context, request, found).await
}

/// Revokes the session of a cookie that was used after the replay window.
async fn live<T>(
    context: &RequestContext,
    request: &Request,
    found: Lookup<T>,
) -> Result<Option<T>, ApiError> {
    match found {
        Lookup::Live(found) => Ok(Some(found)),
        Lookup::Refused => Ok(None),
        Lookup::ReusedCookie(record) => {
            sessions::revoke_reused(context, &request.client_info(), &record).await?;
            Ok(None)
        }
    }
}

/// The current state of the session in D1's primary.
///
/// # Errors
/// `RateLimited`, `CrossSiteRequest`, `NoToken`, `InvalidToken`, `TokenExpired`, `StorageUnavailable`, `StepUpRequired`.
pub async fn session(
    context: &RequestContext,
    request: &Request,
    check: Check,
) -> Result<SessionRecord, ApiError> {
    session_with_role(context, request, check, |_| Ok(())).await
}

/// The session of an administrator or super administrator.
///
/// # Errors
/// Like [`session`], and `AdminRequired`.
pub async fn administrator(
    context: &RequestContext,
    request: &Request,
    check: Check,
) -> Result<SessionRecord, ApiError> {
    let is_admin = |role: Role| match role {
        Role::Admin | Role::SuperAdmin => Ok(()),
        Role::User => Err(ErrorCode::AdminRequired),
    };
    session_with_role(context, request, check, is_admin).await
}

/// The session of a super administrator.
///
/// # Errors
/// Like [`session`], and `SuperAdminRequired`.
pub async fn super_administrator(
    context: &RequestContext,
    request: &Request,
    check: Check,
) -> Result<SessionRecord, ApiError> {
    let is_super_admin = |role| match role {
        Role::SuperAdmin => Ok(()),
        Role::Admin | Role::User => Err(ErrorCode::SuperAdminRequired),
    };
    session_with_role(context, request, check, is_super_admin).await
}

/// Checks the role before the step-up, so that a user is not asked to authenticate for a request that would be refused anyway. The
/// refusal is recorded. The future is boxed, so that the Worker contains it once, and the first `/validate` does not compile it.
fn session_with_role<'a>(
    context: &'a RequestContext,
    request: &'a Request,
    check: Check,
    role: fn(Role) -> Result<(), ErrorCode>,
) -> LocalBoxFuture<'a, Result<SessionRecord, ApiError>> {
    Box::pin(async move {
        let verified = credential(context, request, check).await?.valid()?;
        let found = find_session(context, request, &verified).await?;
        let session = found.ok_or(ErrorCode::InvalidToken)?;
        if let Err(code) = role(session.user.role) {
            let caller = KnownCaller::new(context, request.client_info(), &session);
            caller.record_denied(check.denied(code), None).await?;
            return Err(code.into());
        }
        let generation = verified.claims.session.generation;
        if check.guard == Guard::Current && generation != session.generation {
            return Err(ErrorCode::InvalidToken.into());
        }
        let needs_step_up = match check.guard {
            Guard::StepUp => true,
            Guard::StepUpWithFactor => session.has_factor,
            Guard::None | Guard::OwnOrigin | Guard::Current => false,
        };
        if needs_step_up && !session.is_stepped_up(generation, context.received_at) {
            return Err(ErrorCode::StepUpRequired.into());
        }
        Ok(session)
    })
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
