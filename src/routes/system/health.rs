//! `GET /api/auth/health`: checks that D1 and KV are available.

use crate::app::RequestContext;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::clock;
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/health",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Public(|context, _| Box::pin(handle(context))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The service and its stores are available.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct HealthResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// `OK`.
    pub message: &'static str,
    /// Version of the service.
    pub version: &'static str,
}

fn unhealthy(store: &'static str) -> ApiError {
    let text = format!("Service temporarily unavailable: {store}");
    ApiError::new(ErrorCode::StorageUnavailable)
        .with_text(text)
        .with_cause(store)
}

async fn handle(context: RequestContext) -> Result<Response, ApiError> {
    let app = context.app;
    let verdict = if let Some(verdict) = app.health.verdict(clock::now_ms).await {
        verdict
    } else {
        app.health.check(app.database, app.kv, clock::now_ms).await
    };
    verdict.map_err(unhealthy)?;
    Ok(Response::ok(&HealthResponse {
        success: true,
        message: "OK",
        version: env!("CARGO_PKG_VERSION"),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("checkHealth", "System", "Check health")
        .describe("A 503 names the store that is unavailable.")
        .returns::<HealthResponse>(
            schemas,
            json!({"success": true, "message": "OK", "version": env!("CARGO_PKG_VERSION")}),
        )
        .errors(["D1", "KV"].map(unhealthy))
}
