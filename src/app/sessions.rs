//! Sessions: finding them in the cache or in D1, keeping the cache up to date, and revoking them.

mod revoke;

pub use revoke::{Revoked, revoke, revoke_all, revoke_as, revoke_cached, revoke_reused};

use super::credential::VerifiedCredential;
use super::error::AppError;
use super::{App, RequestContext};
use crate::config::Consistency;
use crate::domain::session::{SessionKind, SessionRecord, TokenStatus, last_used_step};
use crate::domain::user::User;
use crate::runtime::shared_text::WithBody;
use crate::runtime::{StoreError, clock};
use crate::store::session_cache::{self, CacheLookup, CachedSession};
use crate::timestamp::Timestamp;
use std::rc::Rc;

/// The user of a session that may come from the cache.
#[derive(Debug)]
pub struct CachedCaller {
    /// The user, with the body of `/validate`.
    pub user: Rc<WithBody<User>>,
}

impl From<User> for CachedCaller {
    fn from(user: User) -> Self {
        Self {
            user: Rc::new(user.into()),
        }
    }
}

impl From<CachedSession> for CachedCaller {
    fn from(cached: CachedSession) -> Self {
        Self { user: cached.user }
    }
}

/// The result of looking up the session of a token or cookie.
#[derive(Debug)]
pub enum Lookup<T> {
    /// The session accepts it.
    Live(T),
    /// The session does not exist, was revoked, has expired, or rotated the token or cookie out before the replay window.
    Refused,
    /// The session rotated the cookie out before the replay window. Only one client should have had it, and that client has
    /// replaced it, so the session has to be revoked: [`revoke_reused`].
    ReusedCookie(Box<SessionRecord>),
}

/// Finds the user of a token or cookie: from the cached session while it is fresh, otherwise from D1. While D1 is unavailable,
/// a cached session is used longer.
///
/// # Errors
/// `Store` if the session can be read from neither store.
pub async fn find_cached(
    context: &RequestContext,
    verified: &VerifiedCredential,
) -> Result<Lookup<CachedCaller>, AppError> {
    let token = &verified.claims.session;
    let mut stale = None;
    if context.app.config.sessions.consistency == Consistency::Cached {
        let cache = &context.app.session_cache;
        match cache.find(&verified.cache_key, context.received_at).await {
            Ok(CacheLookup::Hit(cached)) if cached.user.id == token.user => {
                if context.received_at < cached.fresh_until {
                    return Ok(Lookup::Live(cached.into()));
                }
                stale = Some(cached);
            }
            Ok(CacheLookup::Revoked) => return Ok(Lookup::Refused),
            // KV is unavailable or has no entry of this user: query D1.
            Ok(CacheLookup::Miss | CacheLookup::Hit(_)) | Err(_) => {}
        }
    }
    match find(context, verified).await {
        Ok(Lookup::Live(record)) => {
            refresh_cache(context, &record, token.generation);
            Ok(Lookup::Live(record.user.into()))
        }
        Ok(Lookup::Refused) => Ok(Lookup::Refused),
        Ok(Lookup::ReusedCookie(record)) => Ok(Lookup::ReusedCookie(record)),
        Err(error) => match stale {
            Some(cached) if context.received_at < cached.usable_until => {
                Ok(Lookup::Live(cached.into()))
            }
            _ => Err(error),
        },
    }
}

/// Finds the session of a token or cookie in D1.
///
/// # Errors
/// `Store`.
pub async fn find(
    context: &RequestContext,
    verified: &VerifiedCredential,
) -> Result<Lookup<SessionRecord>, AppError> {
    let token = &verified.claims.session;
    let found = context.app.sessions.find(&verified.session).await?;
    let is_its_session =
        |record: &SessionRecord| record.user.id == token.user && record.kind == verified.kind;
    let Some(record) = found.filter(is_its_session) else {
        return Ok(Lookup::Refused);
    };
    match record.token_status(
        token.generation,
        context.received_at,
        context.replay_window(),
    ) {
        TokenStatus::Current | TokenStatus::Replayable => {
            record_use(context, &record);
            Ok(Lookup::Live(record))
        }
        // A client may keep a token that was rotated out, and send it by mistake; only `/refresh` treats that as reuse.
        TokenStatus::Reused if verified.kind == SessionKind::Cookie => {
            Ok(Lookup::ReusedCookie(Box::new(record)))
        }
        TokenStatus::Reused | TokenStatus::Expired | TokenStatus::Revoked => Ok(Lookup::Refused),
    }
}

/// After the response, records that the session is in use, at most once per hour.
fn record_use(context: &RequestContext, record: &SessionRecord) {
    let step = last_used_step(context.app.config.sessions.idle);
    if context.received_at < record.last_used_at.plus(step) {
        return;
    }
    let (app, now, id) = (context.app, context.received_at, record.id.clone());
    let idle_end = context.idle_end();
    context.wait_until(async move {
        // If D1 is unavailable, the next request records the use.
        let written_at = clock::now();
        let _ = app
            .sessions
            .record_use(&id, now, idle_end, written_at, step)
            .await;
    });
}

/// After the response, caches the state that D1 has just returned for a token of this generation.
///
/// A sign-out or a refresh may come between the read from D1 and this write, which would then overwrite their entry. So D1 is
/// read again after the write, and a different result is written over the first. A revocation or refresh after the second read
/// writes later than this one. KV does not guarantee the order of writes; where it changes the order, the entry expires at the
/// TTL.
pub fn refresh_cache(context: &RequestContext, record: &SessionRecord, generation: u32) {
    if context.app.config.sessions.consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (context.app, context.received_at, context.replay_window());
    let record = record.clone();
    context.wait_until(async move {
        // A write that reported an error may still have been made, so D1 is read again in any case.
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
                    // If the write fails, the entry expires at the TTL.
                    let _ = write_cached(app, &again, generation, now).await;
                }
            }
            Some((TokenStatus::Reused | TokenStatus::Expired | TokenStatus::Revoked, _)) | None => {
                app.session_cache
                    .mark_one_revoked(&record.id, generation)
                    .await;
            }
        }
    });
}

/// After the response to a repeated refresh, makes sure that the entry of the rotated-out token expires with its replay window.
/// The request that rotated the token may have been dropped before it wrote this expiry. If the entry already has this expiry,
/// nothing is written.
pub fn shorten_cached(context: &RequestContext, record: SessionRecord, generation: u32) {
    if context.app.config.sessions.consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (context.app, context.received_at, context.replay_window());
    context.wait_until(async move {
        let until = record.accepted_until(generation, window);
        let key = session_cache::key(&record.id, generation);
        if let Ok(CacheLookup::Hit(cached)) = app.session_cache.find(&key, now).await
            && cached.usable_until > until
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
    let until = record.accepted_until(generation, app.config.sessions.replay_window);
    app.session_cache
        .put(&record.id, generation, &record.user, read_at, until)
        .await
}
