//! `POST /api/auth/refresh`: rotates the current token. For `REFRESH_REPLAY_WINDOW` seconds, the rotated-out token gets the
//! same new token, because a response may be lost and tabs may refresh at the same time. After that, its use shows that it
//! has leaked, or that the new one has: the session is revoked (RFC 9700 section 4.14.2), whether or not the rotated-out
//! token has expired.

use super::user_json::BearerReply;
use crate::account::audit::Kind;
use crate::account::session::{SessionRecord, Standing};
use crate::account::token::Session;
use crate::app::Call;
use crate::failure::Failure;
use crate::store::sessions::{Refresh, Refreshed};
use crate::web::extract::{self, Authentic};
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `TokenExpired`, `StorageOut`.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let authentic = extract::authentic(&call, &request).await?;
    let origin = Origin::of(&request);
    let shown = &authentic.claims().session;
    let found = match &authentic {
        Authentic::Valid(verified) => rotate(&call, &origin, shown, &verified.session).await?,
        // If this is the current token, its session has expired too; if not, D1 shows whether it was rotated out.
        Authentic::Expired(_) => {
            let record = call.app.sessions.find(&shown.sid.record_id()).await?;
            let is_rotated = false;
            record.map(|record| Refreshed { record, is_rotated })
        }
        Authentic::TooOld(_) => return Err(Failure::InvalidToken),
    };
    let Refreshed { record, is_rotated } = found
        .filter(|found| found.record.user.id == shown.user)
        .ok_or(Failure::InvalidToken)?;
    let window = call.replay_window();
    match record.standing(shown.generation, call.now, window) {
        // Applies to a window of zero seconds as well.
        Standing::Reused if !is_rotated => return end_reused(&call, &origin, record).await,
        Standing::Replayable | Standing::Reused => {}
        // A current token in time is rotated, unless D1's row disagrees with it.
        Standing::Current | Standing::Expired | Standing::Ended => {
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
    let issued = call
        .app
        .tokens
        .issue(&next, record.rotated_at, record.token_expires_at);
    // Creates an entry for the new token; that of the old one expires with the window.
    if is_rotated {
        extract::put_back(&call, &record, record.generation);
        extract::put_back(&call, &record, shown.generation);
    } else {
        extract::shorten(&call, record.clone(), shown.generation);
    }
    Ok(BearerReply::of(&issued, &record.user))
}

async fn rotate(
    call: &Call,
    origin: &Origin,
    shown: &Session,
    id: &str,
) -> Result<Option<Refreshed>, Failure> {
    let refresh = Refresh {
        id,
        user_id: shown.user,
        generation: shown.generation,
        now: call.now,
        token_lifetime: call.app.config.token_lifetime,
        replay_window: call.replay_window(),
        device: origin.device.as_deref(),
        address: origin.address.as_deref(),
    };
    Ok(call.app.sessions.refresh(&refresh).await?)
}

/// It is unknown who used the token, so neither entry has an actor.
async fn end_reused(call: &Call, origin: &Origin, record: SessionRecord) -> Result<Reply, Failure> {
    let entry = |kind| {
        let entry = origin.entry(call, kind);
        entry.map(|entry| entry.about(record.user.id).of_session(&record.id))
    };
    let reused = call.sign(entry(Kind::RefreshReuse)?);
    let revoked = call.sign(entry(Kind::SessionRevoked)?.detail("refresh_reuse"));
    let revocation = call
        .app
        .sessions
        .revoke(&record.id, record.user.id, call.now, [&reused, &revoked])
        .await?;
    call.end_copies_of(revocation).await;
    Err(Failure::InvalidToken)
}
