//! `POST /api/auth/register-client`: a client of its own for a visitor who wants to sign in with Identity Center.

use crate::app::RequestContext;
use crate::app::device_handles;
use crate::app::failure::Failure;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// A client for the device flow.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RegisterClientResponse {
    /// Random id of the client.
    pub client_id: String,
    /// Opaque, encrypted secret of about 3 kB.
    pub client_secret: String,
    /// Time at which the client expires, not later than its registration with AWS.
    pub expiration: Timestamp,
}

/// Answers the route.
///
/// # Errors
/// `RegisterClient`, `Platform`.
pub async fn handle(context: RequestContext, _: Request) -> Result<Response, Failure> {
    if context.app.config.aws.sso_start_url.is_none() {
        return Err(Failure::RegisterClient("not_configured"));
    }
    let client = device_handles::new_client(&context).await?;
    Ok(Response::ok(&RegisterClientResponse {
        client_id: client.id,
        client_secret: client.secret,
        expiration: client.expires_at,
    }))
}
