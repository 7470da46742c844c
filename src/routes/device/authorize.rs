//! `POST /api/auth/device-authorization`: starts a device flow (RFC 8628 section 3.1) at the configured Identity Center.

use crate::app::RequestContext;
use crate::app::device_flow::handles;
use crate::app::error::{AppError, NOT_CONFIGURED};
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/device-authorization",
    error_format: ErrorFormat::Detail,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of the errors of this endpoint, as the API specification prescribes it.
const FAILED: &str = "Failed to start device authorization";

/// The client that starts a device flow.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DeviceAuthorizationRequest {
    /// `client_id` of the response from `/register-client`.
    client_id: String,
    /// `client_secret` of the response from `/register-client`.
    client_secret: String,
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

fn failed(error: AppError) -> ApiError {
    match error {
        AppError::Aws(cause) => ApiError::aws(cause).with_text(FAILED),
        error => error.into(),
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let body: DeviceAuthorizationRequest = body::json(request, FAILED).await?;
    let registration = handles::open_client(&context, &body.client_id, &body.client_secret)
        .ok_or(ErrorCode::InvalidClient)?;
    let start_url = context
        .app
        .config
        .aws
        .sso_start_url
        .as_deref()
        .ok_or_else(|| failed(AppError::Aws(NOT_CONFIGURED)))?;
    let started = context
        .app
        .aws
        .start_device_authorization(&registration, start_url)
        .await;
    let device = started.map_err(|fault| {
        handles::forget_if_unknown(&context, fault, &registration);
        failed(AppError::Aws(fault.code()))
    })?;
    let device_code = handles::seal_device(&context, &body.client_id, &device).map_err(failed)?;
    Ok(Response::ok(&DeviceAuthorizationResponse {
        device_code,
        user_code: device.user_code,
        verification_uri: device.verification_uri,
        verification_uri_complete: device.verification_uri_complete,
        expires_in: device.expires_in,
        interval: device.interval,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("startDeviceAuthorization", "AWS device flow", "Start device flow")
        .describe("Modelled on RFC 8628. Display the user code together with the name of your application, and tell users never to approve \
             a code that they received from someone else (RFC 8628 section 5.4).")
        .takes::<DeviceAuthorizationRequest>(
            schemas,
            FAILED,
            json!({"client_id": "abcdef123456", "client_secret": "secret123456"}),
        )
        .returns::<DeviceAuthorizationResponse>(
            schemas,
            json!({
                "device_code": "device-code-123",
                "user_code": "USER-CODE",
                "verification_uri": "https://device.sso.us-east-1.amazonaws.com",
                "verification_uri_complete": "https://device.sso.us-east-1.amazonaws.com?user_code=USER-CODE",
                "expires_in": 600,
                "interval": 5
            }),
        )
        .errors([
            ErrorCode::InvalidClient.into(),
            failed(AppError::Aws("Timeout")),
            failed(AppError::Aws(NOT_CONFIGURED)),
        ])
}
