//! `POST /api/auth/refresh`: rotates the current token. For `REFRESH_REPLAY_WINDOW` seconds, the rotated-out token gets the
//! same new token, because a response may be lost and tabs may refresh at the same time. After that, its use shows that it
//! has leaked, or that the new one has: the session is revoked (RFC 9700 section 4.14.2), whether or not the rotated-out
//! token has expired.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::failure::Failure;
use crate::domain::audit::Kind;
use crate::domain::session::{SessionRecord, TokenStatus};
use crate::domain::token::Session;
use crate::http::caller::{self, Authentic};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::routes::responses::BearerResponse;
use crate::store::sessions::{Refresh, Refreshed};

/// Answers the route.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `TokenExpired`, `StoreUnavailable`.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let authentic = caller::authentic(&context, &request).await?;
    let client = request.client_info();
    let shown = &authentic.claims().session;
    let found = match &authentic {
        Authentic::Valid(verified) => rotate(&context, &client, shown, &verified.session).await?,
        // If this is the current token, its session has expired too; if not, D1 shows whether it was rotated out.
        Authentic::Expired(_) => {
            let record = context.app.sessions.find(&shown.sid.record_id()).await?;
            let is_rotated = false;
            record.map(|record| Refreshed { record, is_rotated })
        }
        Authentic::TooOld(_) => return Err(Failure::InvalidToken),
    };
    let Refreshed { record, is_rotated } = found
        .filter(|found| found.record.user.id == shown.user)
        .ok_or(Failure::InvalidToken)?;
    let window = context.replay_window();
    match record.token_status(shown.generation, context.now, window) {
        // Applies to a window of zero seconds as well.
        TokenStatus::Reused if !is_rotated => return end_reused(&context, &client, record).await,
        TokenStatus::Replayable | TokenStatus::Reused => {}
        // A current token in time is rotated, unless D1's row disagrees with it.
        TokenStatus::Current | TokenStatus::Expired | TokenStatus::Revoked => {
            return Err(match authentic {
                Authentic::Expired(_) => Failure::TokenExpired,
                Authentic::Valid(_) | Authentic::TooOld(_) => Failure::InvalidToken,
            });
        }
    }
    // Recreated from the row, byte for byte the same for every client with an earlier token.
    let next = Session {
        generation: record.generation,
        ..shown.clone()
    };
    let issued = context
        .app
        .tokens
        .issue(&next, record.rotated_at, record.token_expires_at);
    // Creates an entry for the new token; that of the old one expires with the window.
    if is_rotated {
        caller::refresh_cache(&context, &record, record.generation);
        caller::refresh_cache(&context, &record, shown.generation);
    } else {
        caller::shorten_cached(&context, record.clone(), shown.generation);
    }
    Ok(BearerResponse::of(&issued, &record.user))
}

async fn rotate(
    context: &RequestContext,
    client: &ClientInfo,
    shown: &Session,
    id: &str,
) -> Result<Option<Refreshed>, Failure> {
    let refresh = Refresh {
        id,
        user_id: shown.user,
        generation: shown.generation,
        now: context.now,
        token_lifetime: context.app.config.token_lifetime,
        replay_window: context.replay_window(),
        device: client.device.as_deref(),
        address: client.address.as_deref(),
    };
    Ok(context.app.sessions.refresh(&refresh).await?)
}

/// It is unknown who used the token, so neither entry has an actor.
async fn end_reused(
    context: &RequestContext,
    client: &ClientInfo,
    record: SessionRecord,
) -> Result<Response, Failure> {
    let entry = |kind| {
        let entry = client.entry(context, kind);
        entry.map(|entry| entry.about(record.user.id).of_session(&record.id))
    };
    let reused = context.sign(entry(Kind::RefreshReuse)?);
    let revoked = context.sign(entry(Kind::SessionRevoked)?.detail("refresh_reuse"));
    let revocation = context
        .app
        .sessions
        .revoke(&record.id, record.user.id, context.now, [&reused, &revoked])
        .await?;
    context.revoke_cached_session(revocation).await;
    Err(Failure::InvalidToken)
}
