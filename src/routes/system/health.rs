//! `GET /api/auth/health`: does the service answer, and do its stores.

use crate::app::failure::Failure;
use crate::app::{RequestContext, clock};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::store::health::LONGEST_MS;
use serde::Serialize;

/// The service and its stores are available.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct HealthResponse {
    /// Always true.
    pub success: bool,
    /// `OK`.
    pub message: &'static str,
    /// Version of the service.
    pub version: &'static str,
}

/// Answers the route.
///
/// # Errors
/// `Unhealthy`, naming the store.
pub async fn handle(context: RequestContext, _: Request) -> Result<Response, Failure> {
    let app = context.app;
    let verdict = if let Some(verdict) = app.health.verdict(clock).await {
        verdict
    } else {
        // Runs to completion, since other requests wait for it.
        let ask = app.health.ask(app.database, app.kv, clock);
        let verdict = context.run_to_completion(LONGEST_MS, ask).await;
        verdict.unwrap_or(Err("D1"))
    };
    verdict.map_err(Failure::Unhealthy)?;
    Ok(Response::ok(&HealthResponse {
        success: true,
        message: "OK",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
