//! `POST /api/auth/refresh`: a new token for the one that is current. The old one is superseded; who shows it again after
//! ten seconds either lost it to somebody or is that somebody, so the session ends (RFC 9700 §4.14.2).

use super::user_json::BearerReply;
use crate::account::audit::Kind;
use crate::account::session::{SessionRecord, Standing};
use crate::account::token::Session;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `StorageOut`.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let verified = extract::token(&call, &request).await?;
    let (id, shown) = (&verified.session, &verified.claims.session);
    let lifetime = call.app.config.token_lifetime;
    let rotated = call
        .app
        .sessions
        .rotate(id, shown.user, shown.generation, call.now, lifetime)
        .await?;
    let record = rotated
        .filter(|record| record.user.id == shown.user)
        .ok_or(Failure::InvalidToken)?;
    // The token shown is superseded now, by this call or by one that came just before: both get the same new one,
    // written again from the row, byte for byte.
    match record.standing(shown.generation, call.now) {
        Standing::JustSuperseded => {}
        Standing::Ended => return Err(Failure::InvalidToken),
        Standing::Current | Standing::Superseded => {
            return end_reused(&call, &request, &record).await;
        }
    }
    let next = Session {
        generation: record.generation,
        ..shown.clone()
    };
    let issued = call
        .app
        .tokens
        .issue(&next, record.rotated_at, record.token_expires_at);
    // A copy for the new token; the old one's is believed no longer than its ten seconds.
    extract::put_back(&call, &record, record.generation);
    extract::put_back(&call, &record, shown.generation);
    Ok(BearerReply::of(&issued, &record.user))
}

/// Who showed it is not known, so neither entry has an actor.
async fn end_reused(
    call: &Call,
    request: &Request,
    record: &SessionRecord,
) -> Result<Reply, Failure> {
    let origin = Origin::of(request);
    let entry = |kind| {
        let entry = origin.entry(call, kind);
        entry.map(|entry| entry.about(record.user.id).of_session(&record.id))
    };
    let reused = call.sign(entry(Kind::RefreshReuse)?);
    let revoked = call.sign(entry(Kind::SessionRevoked)?.detail("refresh_reuse"));
    let ended = call
        .app
        .sessions
        .revoke(&record.id, record.user.id, call.now, [&reused, &revoked])
        .await?;
    call.end_copies(ended).await;
    Err(Failure::InvalidToken)
}
