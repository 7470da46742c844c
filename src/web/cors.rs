//! Which web applications may read our replies (Fetch standard, "CORS protocol"): exact origins from the configuration,
//! nothing else. Without a configured origin no CORS header is ever sent.

use super::reply::Reply;
use super::request::{Method, Request};

/// The request's `Origin`, if it is one of ours.
#[must_use]
pub fn allowed_origin(allowed: &'static [String], request: &Request) -> Option<&'static str> {
    if allowed.is_empty() {
        return None;
    }
    let origin = request.header("origin")?;
    let allowed = allowed.iter().find(|allowed| **allowed == origin);
    allowed.map(String::as_str)
}

/// True for a preflight: OPTIONS that asks for a method.
#[must_use]
pub fn is_preflight(request: &Request) -> bool {
    request.method == Method::Options && request.header("access-control-request-method").is_some()
}

/// What a route allows, for a browser that asks first.
#[must_use]
pub fn preflight(methods: &'static str) -> Reply {
    Reply::empty()
        .with("access-control-allow-methods", methods)
        .with(
            "access-control-allow-headers",
            "Authorization, Content-Type, Prefer",
        )
        .with("access-control-max-age", "7200")
}

/// Lets a browser send and keep our cookie, which it does otherwise for our own origin only.
#[must_use]
pub fn with_cookies(reply: Reply) -> Reply {
    reply.with("access-control-allow-credentials", "true")
}

/// Lets that origin read the reply.
#[must_use]
pub fn permit(reply: Reply, origin: &'static str) -> Reply {
    reply.with("access-control-allow-origin", origin).with(
        "access-control-expose-headers",
        "Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id",
    )
}
