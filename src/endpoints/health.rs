//! `GET /api/auth/health`: does the service answer, and do its stores.

use crate::app::Call;
use crate::failure::Failure;
use crate::store::health;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::Serialize;

/// The reply.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct HealthReply {
    /// Always true.
    pub success: bool,
    /// `OK`.
    pub message: &'static str,
    /// The service's version.
    pub version: &'static str,
}

/// Answers the route.
///
/// # Errors
/// `StoreDown`, naming the store.
pub async fn handle(call: Call, _: Request) -> Result<Reply, Failure> {
    health::check(call.app.database, call.app.kv)
        .await
        .map_err(Failure::StoreDown)?;
    Ok(Reply::ok(&HealthReply {
        success: true,
        message: "OK",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
