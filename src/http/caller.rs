//! Who is calling. A handler that needs to know asks here, and there are four answers: [`viewer`] for routes that show a
//! person what they know already, [`authority`] for routes that grant or show something, [`administrator`] and
//! [`super_administrator`] for theirs.

use crate::app::failure::Failure;
use crate::app::token_verifier::{Refusal, VerifiedToken};
use crate::app::{App, RequestContext};
use crate::config::Consistency;
use crate::domain::address::site;
use crate::domain::role::Role;
use crate::domain::session::{LAST_USED_STEP_SECONDS, SessionRecord, TokenStatus};
use crate::domain::token::Claims;
use crate::domain::user::User;
use crate::http::request::Request;
use crate::runtime::StoreError;
use crate::runtime::js_string::Text;
use crate::runtime::rate_limiter::Bucket;
use crate::store::session_cache::{self, CacheLookup, CachedSession};
use crate::timestamp::Timestamp;
use std::cell::OnceCell;
use std::rc::Rc;

/// A caller who is only shown to himself.
#[derive(Debug)]
pub struct CachedCaller {
    /// Who it is.
    pub user: Rc<User>,
    /// What `/validate` says of it, once it was asked.
    pub response: Rc<OnceCell<Text>>,
}

impl CachedCaller {
    fn of(user: User) -> Self {
        Self {
            user: Rc::new(user),
            response: Rc::default(),
        }
    }
}

impl From<CachedSession> for CachedCaller {
    fn from(copy: CachedSession) -> Self {
        Self {
            user: copy.user,
            response: copy.reply,
        }
    }
}

/// The token in an `Authorization` header (RFC 6750 §2.1); the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The request's token, if it is authentic and has not expired.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `TokenExpired`.
pub async fn token(
    context: &RequestContext,
    request: &Request,
) -> Result<Rc<VerifiedToken>, Failure> {
    match verify(context, request).await?? {
        Ok(verified) => Ok(verified),
        Err(Refusal::Expired(_)) => Err(Failure::TokenExpired),
        Err(Refusal::TooOld(_) | Refusal::Invalid) => Err(Failure::InvalidToken),
    }
}

/// The state of an authentic token, before its session is looked up.
#[derive(Debug)]
pub enum Authentic {
    /// It has not expired.
    Valid(Rc<VerifiedToken>),
    /// It has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It was issued before `TOKENS_NOT_BEFORE`. It may only be used to revoke its session.
    TooOld(Claims),
}

impl Authentic {
    /// What it says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        match self {
            Self::Valid(verified) => &verified.claims,
            Self::Expired(claims) | Self::TooOld(claims) => claims,
        }
    }
}

/// The request's token if this service issued it, whether or not it has expired.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`.
pub async fn authentic(context: &RequestContext, request: &Request) -> Result<Authentic, Failure> {
    match verify(context, request).await?? {
        Ok(verified) => Ok(Authentic::Valid(verified)),
        Err(Refusal::Expired(claims)) => Ok(Authentic::Expired(claims)),
        Err(Refusal::TooOld(claims)) => Ok(Authentic::TooOld(claims)),
        Err(Refusal::Invalid) => Err(Failure::InvalidToken),
    }
}

/// A token, or why there is none.
type Outcome = Result<Result<Rc<VerifiedToken>, Refusal>, Failure>;

/// The request's token, after the check of the rate limit: per session if the token is valid, else per client site.
async fn verify(context: &RequestContext, request: &Request) -> Result<Outcome, Failure> {
    let token = bearer(request.authorization.as_deref()).ok_or(Failure::NoToken);
    let outcome = token.map(|token| context.app.tokens.verify(token, context.now));
    if let Ok(Ok(verified)) = &outcome {
        context.limit(Bucket::Session, &verified.session).await?;
    } else {
        let site = site(request.address().as_deref());
        context.limit(Bucket::Session, &site).await?;
    }
    Ok(outcome)
}

/// The caller, for `/validate` and `/me`: from the cached session while it is fresh, else from D1.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`; `StoreUnavailable` if neither store can tell.
pub async fn cached_session(
    context: &RequestContext,
    request: &Request,
) -> Result<CachedCaller, Failure> {
    let verified = token(context, request).await?;
    let shown = &verified.claims.session;
    let mut stale = None;
    if context.app.config.session_consistency == Consistency::Edge {
        match context
            .app
            .session_cache
            .find(&verified.cache_key, context.now)
            .await
        {
            Ok(CacheLookup::Hit(copy)) if copy.user.id == shown.user => {
                if context.now < copy.fresh_until {
                    return Ok(CachedCaller::from(copy));
                }
                stale = Some(copy);
            }
            Ok(CacheLookup::Revoked) => return Err(Failure::InvalidToken),
            // KV is unavailable or has no entry of this user: query D1.
            Ok(CacheLookup::Miss | CacheLookup::Hit(_)) | Err(_) => {}
        }
    }
    match load_session(context, &verified).await {
        Ok(record) => {
            refresh_cache(context, &record, shown.generation);
            Ok(CachedCaller::of(record.user))
        }
        Err(Failure::StoreUnavailable(outage)) => match stale {
            Some(copy) if context.now < copy.usable_until => Ok(CachedCaller::from(copy)),
            _ => Err(Failure::StoreUnavailable(outage)),
        },
        Err(failure) => Err(failure),
    }
}

/// The caller, for routes that grant or show something: D1's primary alone decides.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `StoreUnavailable`.
pub async fn current_session(
    context: &RequestContext,
    request: &Request,
) -> Result<SessionRecord, Failure> {
    let verified = token(context, request).await?;
    load_session(context, &verified).await
}

/// The caller, for routes of administrators: role and activity as D1's primary has them at this moment.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `AdminRequired`, `StoreUnavailable`.
pub async fn administrator(
    context: &RequestContext,
    request: &Request,
) -> Result<SessionRecord, Failure> {
    let record = current_session(context, request).await?;
    if record.user.role.is_admin() {
        Ok(record)
    } else {
        Err(Failure::AdminRequired)
    }
}

/// The caller, for routes of super administrators.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `SuperAdminRequired`, `StoreUnavailable`.
pub async fn super_administrator(
    context: &RequestContext,
    request: &Request,
) -> Result<SessionRecord, Failure> {
    let record = current_session(context, request).await?;
    if record.user.role == Role::SuperAdmin {
        Ok(record)
    } else {
        Err(Failure::SuperAdminRequired)
    }
}

async fn load_session(
    context: &RequestContext,
    verified: &VerifiedToken,
) -> Result<SessionRecord, Failure> {
    let shown = &verified.claims.session;
    let found = context.app.sessions.find(&verified.session).await?;
    let record = found
        .filter(|record| record.user.id == shown.user)
        .ok_or(Failure::InvalidToken)?;
    match record.token_status(shown.generation, context.now, context.replay_window()) {
        TokenStatus::Current | TokenStatus::Replayable => {
            record_use(context, &record);
            Ok(record)
        }
        TokenStatus::Reused | TokenStatus::Expired | TokenStatus::Revoked => {
            Err(Failure::InvalidToken)
        }
    }
}

/// Records after the response that the session is in use, at most once an hour.
fn record_use(context: &RequestContext, record: &SessionRecord) {
    if context.now < record.last_used_at.plus(LAST_USED_STEP_SECONDS) {
        return;
    }
    let (app, now, id) = (context.app, context.now, record.id.clone());
    context.wait_until(async move {
        // If D1 is unavailable, the next request writes it.
        let _ = app.sessions.record_use(&id, now).await;
    });
}

/// Caches what D1 just said of a token of this generation, after the response.
///
/// A sign-out or a refresh may come between D1's answer and this write, which would then cover what they wrote: so D1 is
/// asked once more after the write, and what it says now is written over it. Whatever revokes or refreshes the session after
/// that writes later than this, as far as KV keeps to an order; where it does not, the entry expires at the TTL.
pub fn refresh_cache(context: &RequestContext, record: &SessionRecord, generation: u32) {
    if context.app.config.session_consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (context.app, context.now, context.replay_window());
    let record = record.clone();
    context.wait_until(async move {
        // A write that failed may still be done, and late: whatever it says, D1 is asked again.
        let _ = write_cached(app, &record, generation, now).await;
        // If D1 is unavailable, the entry expires at the TTL.
        let Ok(again) = app.sessions.find(&record.id).await else {
            return;
        };
        match again.map(|again| (again.token_status(generation, now, window), again)) {
            Some((TokenStatus::Current, _)) => {}
            Some((TokenStatus::Replayable, again)) => {
                let until = |record: &SessionRecord| record.accepted_until(generation, window);
                if until(&again) != until(&record) {
                    // Failing is as above.
                    let _ = write_cached(app, &again, generation, now).await;
                }
            }
            Some((TokenStatus::Reused | TokenStatus::Expired | TokenStatus::Revoked, _)) | None => {
                app.session_cache.end_one(&record.id, generation).await;
            }
        }
    });
}

/// Runs after the response to a repeated refresh: makes sure that the entry of the rotated-out token expires with its
/// window. The request that rotated it may have been dropped before it wrote that; otherwise, nothing is written.
pub fn shorten_cached(context: &RequestContext, record: SessionRecord, generation: u32) {
    if context.app.config.session_consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (context.app, context.now, context.replay_window());
    context.wait_until(async move {
        let until = record.accepted_until(generation, window);
        let key = Text::from(session_cache::key(&record.id, generation));
        if let Ok(CacheLookup::Hit(copy)) = app.session_cache.find(&key, now).await
            && copy.usable_until > until
        {
            // D1 has already rotated the token, so a later write contains nothing new.
            let _ = write_cached(app, &record, generation, now).await;
        }
    });
}

/// Writes an entry that expires with the session or, for a token that was rotated out, with its replay window.
async fn write_cached(
    app: &App,
    record: &SessionRecord,
    generation: u32,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let until = record.accepted_until(generation, app.config.refresh_replay_window);
    app.session_cache
        .put(&record.id, generation, &record.user, read_at, until)
        .await
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_header_with_a_token_has_one() {
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
