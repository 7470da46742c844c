//! The cookie that binds a sealed authorization request to the browser that began it. Each request has its own, so that several
//! tabs can authorize at the same time.

use super::cookies;
use super::response::Response;
use crate::app::RequestContext;
use crate::app::grants::authorization::REQUEST_SECONDS;
use base64ct::{Base64UrlUnpadded, Encoding};

/// Maximum number of earlier cookies that a browser keeps. Other sites can begin requests, and a browser with too many cookies of a
/// host deletes the oldest, such as the session cookie.
const MAX_EARLIER_COOKIES: usize = 9;

/// The value of the cookie of the authorization request with this id, in the header `Cookie`.
#[must_use]
pub fn value(context: &RequestContext, cookies: Option<&str>, id: &str) -> Option<String> {
    cookies::value(cookies?, &name(context, id)).map(str::to_owned)
}

/// Sets the cookie of an authorization request, and deletes the oldest ones of the header `Cookie` beyond
/// [`MAX_EARLIER_COOKIES`]. Browsers send older cookies first (RFC 6265 section 5.4).
#[must_use]
pub fn set(
    context: &RequestContext,
    response: Response,
    cookies: Option<&str>,
    id: &str,
    value: &str,
) -> Response {
    let prefix = name(context, "");
    let ids: Vec<&str> = cookies::names(cookies.unwrap_or_default())
        .filter_map(|name| name.strip_prefix(&prefix))
        // The names are written to the header `Set-Cookie`, so they must be those of this service.
        .filter(|id| Base64UrlUnpadded::decode_vec(id).is_ok())
        .collect();
    let surplus = ids.len().saturating_sub(MAX_EARLIER_COOKIES);
    let response = response.with("set-cookie", header(context, id, value, REQUEST_SECONDS));
    ids.iter()
        .take(surplus)
        .fold(response, |response, id| clear(context, response, id))
}

/// Deletes the cookie of an authorization request.
#[must_use]
pub fn clear(context: &RequestContext, response: Response, id: &str) -> Response {
    response.with("set-cookie", header(context, id, "", 0))
}

/// `SameSite=Lax`, not `Strict`: browsers do not store a strict cookie from the response to a form of another site.
fn header(context: &RequestContext, id: &str, value: &str, seconds: i64) -> String {
    let name = name(context, id);
    let cookie = &context.app.config.sessions.cookie;
    let secure = if cookie.is_secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly{secure}; SameSite=Lax")
}

/// Like the session cookie, it has the prefix over https, and the port in development.
fn name(context: &RequestContext, id: &str) -> String {
    let session = &context.app.config.sessions.cookie.name;
    format!("{}-{id}", session.replace("-session", "-request"))
}
