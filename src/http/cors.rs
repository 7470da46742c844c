//! Decides which web applications may read responses (Fetch standard, "CORS protocol"): those of the configured origins, and for routes
//! with the access level `AnyOrigin` all of them. If no origin is configured, no response of other routes has a CORS header.

use super::request::{Method, Request};
use super::response::Response;
use crate::config::AllowedOrigin;

/// Headers that an application may send. Tracing and HTTP libraries add the last five of them to every request; a
/// preflight response without one of them would block the request.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, If-Match, Prefer, traceparent, tracestate, baggage, sentry-trace, X-Requested-With";

/// Headers that an application may read, in addition to those that are always readable.
const RESPONSE_HEADERS: &str = "ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

/// The methods are the same for every path: an unknown path or method gets 404 or 405, which an application can read only if
/// the preflight succeeds.
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

/// True for a preflight: an OPTIONS request with `Origin` and `Access-Control-Request-Method`.
#[must_use]
pub fn is_preflight(request: &Request) -> bool {
    request.method == Method::Options
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some()
}

/// The response to a preflight from an allowed origin.
#[must_use]
pub fn preflight() -> Response {
    Response::empty()
        .with("access-control-allow-methods", METHODS)
        .with("access-control-allow-headers", REQUEST_HEADERS)
        .with("access-control-max-age", "7200")
}

/// Allows every origin to read the response, without credentials.
#[must_use]
pub fn permit_any(response: Response) -> Response {
    response
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", RESPONSE_HEADERS)
}

/// Allows this origin to read the response and, if credentials are allowed, to send and store cookies. This applies to every
/// route, because clients are often configured globally to send credentials.
#[must_use]
pub fn permit(response: Response, origin: &'static AllowedOrigin) -> Response {
    let response = response
        .with("access-control-allow-origin", origin.text.as_str())
        .with("access-control-expose-headers", RESPONSE_HEADERS);
    if origin.has_credentials {
        response.with("access-control-allow-credentials", "true")
    } else {
        response
    }
}
