//! `POST /api/auth/register-client`: a client of its own for a visitor who wants to sign in with Identity Center.

use super::handles;
use crate::account::timestamp::Timestamp;
use crate::app::Call;
use crate::failure::Failure;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::Serialize;

/// A client for the device flow.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RegisterClientReply {
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
pub async fn handle(call: Call, _: Request) -> Result<Reply, Failure> {
    if call.app.config.aws.sso_start_url.is_none() {
        return Err(Failure::RegisterClient("not_configured"));
    }
    let client = handles::new_client(&call).await?;
    Ok(Reply::ok(&RegisterClientReply {
        client_id: client.id,
        client_secret: client.secret,
        expiration: client.expires_at,
    }))
}
