//! `GET /api/auth/openapi.json`: the `OpenAPI` document.
//!
//! The text is generated from the types and the route table by `cargo xtask openapi` and committed; a test holds it to
//! them.

use crate::http::response::Response;

/// Answers the route.
#[must_use]
pub fn handle() -> Response {
    Response::of(200, include_str!("../openapi.json").to_owned().into())
}
