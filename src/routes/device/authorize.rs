//! `POST /api/auth/device-authorization`: starts a device flow (RFC 8628 §3.1) at the configured Identity Center.

use crate::app::RequestContext;
use crate::app::device_handles;
use crate::app::failure::Failure;
use crate::http::body;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::json::{FromJson, Malformed, Object};
use serde::Serialize;

/// The text of a 400 response, as the API specification fixes it.
const INVALID_HANDLE: &str = "Failed to start device authorization";

/// The client that starts a device flow.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DeviceAuthorizationRequest {
    /// As returned by `/register-client`.
    client_id: String,
    /// As returned by `/register-client`.
    client_secret: String,
}

impl FromJson for DeviceAuthorizationRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            client_id: object.text("client_id")?,
            client_secret: object.text("client_secret")?,
        })
    }
}

/// The codes of a device flow (RFC 8628 §3.2).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DeviceAuthorizationResponse {
    /// Opaque, encrypted code for `/token`.
    pub device_code: String,
    /// Code that the user compares with the one on the verification page.
    pub user_code: String,
    /// URL of the verification page.
    pub verification_uri: String,
    /// URL of the verification page with the user code filled in.
    pub verification_uri_complete: String,
    /// Seconds until the codes expire.
    pub expires_in: u32,
    /// Minimum number of seconds between two calls of `/token`.
    pub interval: u32,
}

/// Answers the route.
///
/// # Errors
/// `InvalidClientHandle`, `DeviceAuthorization`, `Platform`, and what reading the body gives.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let body: DeviceAuthorizationRequest = body::json(request, INVALID_HANDLE).await?;
    let registration = device_handles::open_client(&context, &body.client_id, &body.client_secret)
        .ok_or(Failure::InvalidClientHandle)?;
    let start_url = context
        .app
        .config
        .aws
        .sso_start_url
        .as_deref()
        .ok_or(Failure::DeviceAuthorization("not_configured"))?;
    let started = context
        .app
        .aws
        .start_device_authorization(&registration, start_url)
        .await;
    let device = started.map_err(|fault| {
        device_handles::forget_if_unknown(&context, fault, &registration);
        Failure::DeviceAuthorization(fault.code())
    })?;
    let device_code = device_handles::seal_device(&context, &body.client_id, &device)?;
    Ok(Response::ok(&DeviceAuthorizationResponse {
        device_code,
        user_code: device.user_code,
        verification_uri: device.verification_uri,
        verification_uri_complete: device.verification_uri_complete,
        expires_in: device.expires_in,
        interval: device.interval,
    }))
}
