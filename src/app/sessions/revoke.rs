//! Revokes sessions, and overwrites their cached sessions.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::config::Consistency;
use crate::domain::audit::{Kind, Signed};
use crate::domain::session::SessionRecord;
use crate::store::sessions::{Revocation, Revoke, RevokedAll, RevokedSession};
use uuid::Uuid;

/// The outcome of [`revoke`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// This call has revoked the session.
    Now,
    /// It had already been revoked.
    Earlier,
    /// The user has no such session.
    NotFound,
    /// The administrator may not revoke it any more.
    NotPermitted,
}

/// Revokes one session of a user, writes the audit entries in the same batch, and overwrites its cached sessions. A repeated call
/// writes nothing.
///
/// # Errors
/// `Store`; then the client must not assume that the session is revoked.
pub async fn revoke<const N: usize>(
    context: &RequestContext,
    id: &str,
    user: Uuid,
    entries: [&Signed; N],
) -> Result<Revoked, AppError> {
    let session = Revoke {
        id,
        user,
        actor: None,
    };
    revoke_as(context, session, entries).await
}

/// Like [`revoke`], by an administrator.
///
/// # Errors
/// `Store`; then the client must not assume that the session is revoked.
pub async fn revoke_as<const N: usize>(
    context: &RequestContext,
    session: Revoke<'_>,
    entries: [&Signed; N],
) -> Result<Revoked, AppError> {
    let now = context.received_at;
    let revocation = context.app.sessions.revoke(session, now, entries).await?;
    let cache = &context.app.session_cache;
    match revocation {
        Revocation::Done(session) => {
            cache.mark_revoked(&[session], now).await;
            Ok(Revoked::Now)
        }
        Revocation::AlreadyRevoked(session) => {
            // Only cached sessions that still exist are overwritten.
            if context.app.config.sessions.consistency == Consistency::Cached {
                cache.mark_revoked_again(&[session], now).await;
            }
            Ok(Revoked::Earlier)
        }
        Revocation::NotFound => Ok(Revoked::NotFound),
        Revocation::NotPermitted => Ok(Revoked::NotPermitted),
    }
}

/// Revokes a session whose rotated-out token or cookie was used after the replay window, which shows that it has leaked, or that
/// the current one has (RFC 9700 section 4.14.2). It is unknown which client used it, so the audit entries have no actor.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn revoke_reused(
    context: &RequestContext,
    client: &ClientInfo,
    record: &SessionRecord,
) -> Result<(), AppError> {
    let user = record.user.id;
    let entry = |kind| {
        let entry = client.entry(context, kind);
        entry.map(|entry| entry.about(user).of_session(&record.id))
    };
    let reused = context.sign(entry(Kind::RefreshReuse)?);
    let revoked = context.sign(entry(Kind::SessionRevoked)?.detail("refresh_reuse"));
    revoke(context, &record.id, user, [&reused, &revoked]).await?;
    Ok(())
}

/// Revokes all sessions and grants of a user, writes the audit entries in the same batch, and overwrites the cached sessions.
/// Returns the number of sessions; `None` if this administrator is no longer permitted to do this.
///
/// # Errors
/// `Store`; then the client must not assume that the sessions are revoked.
pub async fn revoke_all(
    context: &RequestContext,
    user: Uuid,
    actor: Option<Uuid>,
    entries: RevokedAll<'_>,
) -> Result<Option<u32>, AppError> {
    let sessions = &context.app.sessions;
    let revoked = sessions
        .revoke_all(user, actor, context.received_at, entries)
        .await?;
    let Some(revoked) = revoked else {
        return Ok(None);
    };
    revoke_cached(context, &revoked.latest).await;
    Ok(Some(revoked.count))
}

/// Overwrites the cached sessions of sessions that D1 has just revoked. The grants of the user may have ended with them, so the
/// isolate confirms all access tokens again.
pub async fn revoke_cached(context: &RequestContext, sessions: &[RevokedSession]) {
    context.app.confirmed_tokens.clear();
    context
        .app
        .session_cache
        .mark_revoked(sessions, context.received_at)
        .await;
}
