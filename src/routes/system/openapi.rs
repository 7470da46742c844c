//! `GET /api/auth/openapi.json`: returns the `OpenAPI` document. Its text is generated from the routes; `tests/openapi.rs`
//! checks that it is up to date, and `WRITE_OPENAPI=1 cargo test --test openapi` regenerates it. It is a static asset, because the start
//! of an isolate takes longer with each byte of the Worker (ADR 29).

use crate::app::RequestContext;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/openapi.json",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Public(|context, _| Box::pin(handle(context))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The file that `cargo xtask build` copies from `src/routes`.
const FILE: &str = "/html/openapi.json";

async fn handle(context: RequestContext) -> Result<Response, ApiError> {
    let document = match context.assets {
        Some(assets) => assets.text(FILE).await,
        None => None,
    };
    let document = document.ok_or(ErrorCode::RuntimeFailed)?;
    Ok(Response::of(200, document))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(_: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    let mut operation = crate::http::operation::Operation::new(
        "getOpenApiDocument",
        "System",
        "Get OpenAPI document",
    )
    .describe("Returns this document, in OpenAPI 3.1.");
    operation.response.example = serde_json::json!({"openapi": "3.1.0"});
    operation
}
