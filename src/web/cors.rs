//! Which web applications may read our responses (Fetch standard, "CORS protocol"): the origins of the configuration and no
//! others. Without a configured origin no response has a CORS header.

use super::reply::Reply;
use super::request::{Method, Request};
use crate::config::AllowedOrigin;

/// Headers that an application may send. Those from `traceparent` on are added to every request by tracing and HTTP
/// libraries; a preflight that refused one would refuse the request.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Prefer, traceparent, tracestate, baggage, sentry-trace, X-Requested-With";

/// Headers that an application may read, beyond those that are always readable.
const RESPONSE_HEADERS: &str = "Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

/// The same for every path: a path that is unknown, or that has another method, answers 404 or 405, and an application can
/// read that only if its preflight succeeds.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The request's `Origin`, if it is allowed.
#[must_use]
pub fn allowed_origin(
    allowed: &'static [AllowedOrigin],
    request: &Request,
) -> Option<&'static AllowedOrigin> {
    if allowed.is_empty() {
        return None;
    }
    let origin = request.header("origin")?;
    allowed.iter().find(|allowed| allowed.text == origin)
}

/// True for a preflight: OPTIONS with an origin, that asks for a method.
#[must_use]
pub fn is_preflight(request: &Request) -> bool {
    request.method == Method::Options
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some()
}

/// The answer to a preflight from an allowed origin.
#[must_use]
pub fn preflight() -> Reply {
    Reply::empty()
        .with("access-control-allow-methods", METHODS)
        .with("access-control-allow-headers", REQUEST_HEADERS)
        .with("access-control-max-age", "7200")
}

/// Lets this origin read the response and, where it has credentials, send and keep cookies. A client that is configured
/// globally sends its requests with credentials to every route.
#[must_use]
pub fn permit(reply: Reply, origin: &'static AllowedOrigin) -> Reply {
    let reply = reply
        .with("access-control-allow-origin", origin.text.as_str())
        .with("access-control-expose-headers", RESPONSE_HEADERS);
    if origin.has_credentials {
        reply.with("access-control-allow-credentials", "true")
    } else {
        reply
    }
}
