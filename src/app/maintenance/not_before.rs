//! The `TOKENS_NOT_BEFORE` part of the cron event: revokes the sessions of tokens and cookies that are no longer accepted, so that
//! they stay revoked after the variable is removed.

use crate::app::App;
use crate::app::error::AppError;
use crate::domain::audit::{Entry, Kind, Signed};
use crate::domain::session::SessionKind;
use crate::domain::token::LEEWAY_SECONDS;
use crate::runtime::random;
use crate::store::sessions::IssuedSession;
use crate::timestamp::Timestamp;

/// The detail of the audit entries.
const DETAIL: &str = "tokens_not_before";

/// Maximum number of seconds for which a token is accepted: the highest `TOKEN_LIFETIME` plus the leeway. After that time all
/// older tokens have expired, and nothing is left to do.
const MAX_TOKEN_SECONDS: i64 = 86_400 + LEEWAY_SECONDS;

/// Maximum number of seconds for which a cookie is accepted: the highest `SESSION_MAX_AGE`. A session keeps the end that it got when it
/// began, so the current value may be lower.
const MAX_COOKIE_SECONDS: i64 = 31_536_000;

/// Number of sessions that one batch revokes, each with an audit entry.
const BATCH_SIZE: u32 = 50;

/// Maximum number of batches per cron event: 10,000 sessions, in a few seconds. Their tokens are refused in any case.
const MAX_BATCHES: usize = 200;

/// Maximum number of batches whose cached sessions are overwritten. Isolates with this configuration do not use these entries;
/// they matter only if the variable is removed within the TTL. KV allows 1,000 operations per event.
const MAX_OVERWRITTEN_BATCHES: usize = 2;

/// Revokes the sessions whose current token or cookie was issued before `TOKENS_NOT_BEFORE`, up to the maximum of one event.
///
/// # Errors
/// `Store`, `Runtime`; the next event continues.
pub async fn revoke(app: &App, now: Timestamp) -> Result<(), AppError> {
    let Some(not_before) = app.config.tokens.not_before else {
        return Ok(());
    };
    let request = random::uuid()?.to_string();
    let mut batches = 0..MAX_BATCHES;
    for (kind, max_seconds) in [
        (SessionKind::Token, MAX_TOKEN_SECONDS),
        (SessionKind::Cookie, MAX_COOKIE_SECONDS),
    ] {
        let oldest = now.minus(max_seconds);
        if not_before <= oldest {
            continue;
        }
        for batch in batches.by_ref() {
            let issued = app
                .sessions
                .issued(kind, oldest, not_before, now, BATCH_SIZE);
            let found = issued.await?;
            if found.is_empty() {
                break;
            }
            let mut signed = Vec::new();
            for session in found {
                let entry = entry(app, now, &session, &request)?;
                signed.push((session, entry));
            }
            let revoked = app.sessions.revoke_issued(&signed, not_before, now).await?;
            if batch < MAX_OVERWRITTEN_BATCHES {
                app.session_cache.mark_revoked(&revoked, now).await;
            }
        }
    }
    Ok(())
}

/// Creates the audit entry. No user requested the revocation, so it has no actor.
fn entry(
    app: &App,
    now: Timestamp,
    session: &IssuedSession,
    request: &str,
) -> Result<Signed, AppError> {
    let entry = Entry::new(random::uuid()?, now, Kind::SessionRevoked, request)
        .about(session.user_id)
        .of_session(&session.id);
    Ok(app.audit_keys.sign(entry.detail(DETAIL)))
}
