//! The session cookie. Its value is sealed (`app/cookie_verifier.rs`). Which requests it may authenticate is decided in
//! `origin.rs`.

use super::cookies;
use super::error::ApiError;
use super::origin::RequestOrigin;
use super::request::Request;
use super::response::Response;
use super::route::Guard;
use crate::app::RequestContext;
use crate::app::credential::{Issued, Refusal, VerifiedCredential};
use crate::app::sign_in;
use crate::domain::session::{SessionKind, SessionRecord};
use crate::domain::token::Session;
use std::rc::Rc;
use uuid::Uuid;

/// Verifies the session cookie of a request; `None` if the request has none.
#[must_use]
pub fn verify(
    context: &RequestContext,
    request: &Request,
) -> Option<Result<Rc<VerifiedCredential>, Refusal>> {
    let app = context.app;
    let header = request.cookie.as_deref()?;
    let value = cookies::value(header, &app.config.sessions.cookie.name)?;
    let now = context.received_at;
    Some(app.cookies.verify(&app.sealer, value, now))
}

/// The session cookie of a request, if it is valid.
#[must_use]
pub fn verified(context: &RequestContext, request: &Request) -> Option<Rc<VerifiedCredential>> {
    verify(context, request)?.ok()
}

/// The session of the request's cookie, as its id in D1 and its user, even if the cookie was rotated out.
#[must_use]
pub fn session(context: &RequestContext, request: &Request) -> Option<(String, Uuid)> {
    let claims = match verify(context, request)? {
        Ok(verified) => return Some((verified.session.clone(), verified.claims.session.user)),
        Err(Refusal::TooOld(claims) | Refusal::Expired(claims)) => claims,
        Err(Refusal::Invalid) => return None,
    };
    Some((claims.session.sid.record_id(), claims.session.user))
}

/// Sets the session cookie.
#[must_use]
pub fn set(context: &RequestContext, response: Response, issued: &Issued) -> Response {
    let seconds = issued.expires_at.seconds();
    let seconds = seconds.saturating_sub(issued.issued_at.seconds()).max(0);
    response.with("set-cookie", header(context, &issued.text, seconds))
}

/// Sets the next cookie of the session whose cookie was sent, if it was rotated.
///
/// # Errors
/// `RuntimeFailed`.
pub fn rotate_sent(
    context: &RequestContext,
    response: Response,
    sent: Option<&VerifiedCredential>,
    rotated: Option<&SessionRecord>,
) -> Result<Response, ApiError> {
    let Some((sent, record)) = sent.zip(rotated) else {
        return Ok(response);
    };
    let next = Session {
        generation: record.generation,
        ..sent.claims.session.clone()
    };
    let (issued_at, ends_at) = (record.rotated_at, record.ends_at);
    let issued = sign_in::issue(context, SessionKind::Cookie, &next, issued_at, ends_at)?;
    Ok(set(context, response, &issued))
}

/// Deletes the session cookie, if the request was made with it: it has one and no `Authorization` header, and it comes from an
/// origin that may change it.
#[must_use]
pub fn clear_sent(context: &RequestContext, request: &Request, response: Response) -> Response {
    let is_allowed = || {
        let origin = RequestOrigin::of(&context.app.config, request);
        origin.require(Guard::None).is_ok()
    };
    if request.authorization.is_none() && verify(context, request).is_some() && is_allowed() {
        clear(context, response)
    } else {
        response
    }
}

/// Deletes the session cookie.
#[must_use]
pub fn clear(context: &RequestContext, response: Response) -> Response {
    response.with("set-cookie", header(context, "", 0))
}

/// `SameSite=Lax`, not `Strict`: a link to a page of the service must find the user signed in.
fn header(context: &RequestContext, value: &str, seconds: i64) -> String {
    let cookie = &context.app.config.sessions.cookie;
    let secure = if cookie.is_secure { "; Secure" } else { "" };
    let name = &cookie.name;
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly{secure}; SameSite=Lax")
}
