//! `GET /api/auth/health`: does the service answer, and do its stores.

use crate::app::{Call, clock};
use crate::failure::Failure;
use crate::store::health::LONGEST_MS;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::Serialize;

/// The service and its stores are available.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct HealthReply {
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
/// `StoreDown`, naming the store.
pub async fn handle(call: Call, _: Request) -> Result<Reply, Failure> {
    let app = call.app;
    let verdict = if let Some(verdict) = app.health.verdict(clock).await {
        verdict
    } else {
        // Runs to completion, since other requests wait for it.
        let ask = app.health.ask(app.database, app.kv, clock);
        let verdict = call.to_the_end(LONGEST_MS, ask).await;
        verdict.unwrap_or(Err("D1"))
    };
    verdict.map_err(Failure::StoreDown)?;
    Ok(Reply::ok(&HealthReply {
        success: true,
        message: "OK",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
