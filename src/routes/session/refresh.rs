//! `POST /api/auth/refresh`: rotates the current token. For `REFRESH_REPLAY_WINDOW` seconds, the rotated-out token gets the
//! same new token, because a response may be lost and tabs may refresh at the same time. After that, its use shows that it
//! has leaked, or that the new one has: the session is revoked (RFC 9700 section 4.14.2), whether or not the rotated-out
//! token has expired.

use crate::app::client_info::ClientInfo;
use crate::app::{RequestContext, sessions};
use crate::domain::session::{SessionKind, TokenStatus};
use crate::domain::token::Session;
use crate::http::caller::PresentedCredential;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::BearerTokenResponse;
use crate::runtime::rate_limiter::Bucket;
use crate::store::sessions::{Refresh, Refreshed};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/refresh",
    error_format: ErrorFormat::Detail,
    rate_limit: Bucket::Session,
    access: Access::Token(|context, request, token| Box::pin(handle(context, request, token))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    token: PresentedCredential,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let shown = match &token {
        PresentedCredential::Missing => return Err(ErrorCode::NoToken.into()),
        PresentedCredential::Invalid | PresentedCredential::TooOld(_) => {
            return Err(ErrorCode::InvalidToken.into());
        }
        PresentedCredential::Valid(verified) => &verified.claims.session,
        PresentedCredential::Expired(claims) => &claims.session,
    };
    let found = if let PresentedCredential::Valid(verified) = &token {
        rotate(&context, &client, shown, &verified.session).await?
    } else {
        // If this is the current token, its session has expired too; if not, D1 shows whether it was rotated out.
        let record = context.app.sessions.find(&shown.sid.record_id()).await?;
        let is_rotated = false;
        record.map(|record| Refreshed { record, is_rotated })
    };
    let Refreshed { record, is_rotated } = found
        .filter(|found| {
            found.record.user.id == shown.user && found.record.kind == SessionKind::Token
        })
        .ok_or(ErrorCode::InvalidToken)?;
    let window = context.replay_window();
    match record.token_status(shown.generation, context.received_at, window) {
        // This also applies to a window of zero seconds.
        TokenStatus::Reused if !is_rotated => {
            sessions::revoke_reused(&context, &client, &record).await?;
            return Err(ErrorCode::InvalidToken.into());
        }
        TokenStatus::Replayable | TokenStatus::Reused => {}
        // A current token that has not expired is rotated, unless D1's row disagrees with it.
        TokenStatus::Current | TokenStatus::Expired | TokenStatus::Revoked => {
            return Err(match token {
                PresentedCredential::Expired(_) => ErrorCode::TokenExpired.into(),
                _ => ErrorCode::InvalidToken.into(),
            });
        }
    }
    // The token is recreated from the row, so every client with an earlier token gets the same bytes.
    let next = Session {
        generation: record.generation,
        ..shown.clone()
    };
    let issued = context
        .app
        .tokens
        .issue(&next, record.rotated_at, record.token_expires_at);
    // Creates a cached session for the new token. The one of the old token expires with the window.
    if is_rotated {
        sessions::refresh_cache(&context, &record, record.generation);
        sessions::refresh_cache(&context, &record, shown.generation);
    } else {
        sessions::shorten_cached(&context, record.clone(), shown.generation);
    }
    Ok(BearerTokenResponse::response(&issued, &record.user))
}

async fn rotate(
    context: &RequestContext,
    client: &ClientInfo,
    shown: &Session,
    id: &str,
) -> Result<Option<Refreshed>, ApiError> {
    let refresh = Refresh {
        id,
        user_id: shown.user,
        generation: shown.generation,
        now: context.received_at,
        token_lifetime: context.app.config.tokens.lifetime,
        replay_window: context.replay_window(),
        device: client.device.as_deref(),
        address: client.address.as_deref(),
        country: client.country.as_deref(),
    };
    Ok(context.app.sessions.refresh(&refresh).await?)
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    Operation::new("refreshToken", "Sessions", "Refresh token")
        .describe("Rotates the current token of the session. A token that was rotated out within the last REFRESH_REPLAY_WINDOW \
             seconds gets the current token. A token that was rotated out earlier revokes the session, even if the token \
             has expired. A current token that has expired is refused.")
        .returns::<BearerTokenResponse<'_>>(schemas, examples::bearer_token())
        .header("edge-auth-expires", true)
        .errors([
            ErrorCode::NoToken,
            ErrorCode::InvalidToken,
            ErrorCode::TokenExpired,
            ErrorCode::StorageUnavailable,
        ])
}
