//! `POST /api/auth/token`: waits for the user to approve a device flow, and signs them in.

use crate::app::RequestContext;
use crate::app::denial::Denial;
use crate::app::device_flow::handles;
use crate::app::device_flow::sign_in::{self, DeviceSignIn};
use crate::app::error::AppError;
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::prefer;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::BearerTokenResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/token",
    error_format: ErrorFormat::Detail,
    // Device flows poll this endpoint, and one network may have many users.
    rate_limit: Bucket::Session,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of the errors of this endpoint, as the API specification prescribes it.
const FAILED: &str = "Failed to create token from device code";

/// The client and the device code of a device flow.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct TokenRequest {
    /// `client_id` of the response from `/register-client`.
    client_id: String,
    /// `client_secret` of the response from `/register-client`.
    client_secret: String,
    /// `device_code` of the response from `/device-authorization`.
    device_code: String,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let max_wait = context.app.config.aws.device_token_wait;
    let preferred =
        prefer::wait(request.header("prefer").as_deref()).map(|seconds| seconds.min(max_wait));
    let body: TokenRequest = body::json(request, FAILED).await?;
    let registration = handles::open_client(&context, &body.client_id, &body.client_secret);
    let device = handles::open_device(&context, &body.client_id, &body.device_code);
    let Some((registration, device)) = registration.zip(device) else {
        return Err(ErrorCode::InvalidDeviceCode.into());
    };
    let wait = preferred.unwrap_or(max_wait);
    let outcome = sign_in::run(context, client, registration, device, wait).await;
    match outcome.map_err(failed)? {
        DeviceSignIn::SignedIn(signed_in) => {
            let (issued, user) = *signed_in;
            let response = BearerTokenResponse::response(&issued, &user);
            Ok(match preferred {
                Some(seconds) => response.with("preference-applied", wait_preference(seconds)),
                None => response,
            })
        }
        DeviceSignIn::Pending(seconds) => Err(pending(seconds, preferred)),
        DeviceSignIn::PendingElsewhere(seconds) => Err(pending(seconds, None)),
        DeviceSignIn::Expired => Err(ErrorCode::DeviceCodeExpired.into()),
        DeviceSignIn::Denied(denial) => Err(denied(denial)),
        DeviceSignIn::TooMany => Err(ErrorCode::Overloaded.into()),
    }
}

fn failed(error: AppError) -> ApiError {
    match error {
        AppError::Aws(cause) => ApiError::aws(cause).with_text(FAILED),
        error => error.into(),
    }
}

fn pending(retry_after: u32, preference: Option<u32>) -> ApiError {
    let error = ApiError::new(ErrorCode::AuthorizationPending).retry_after(retry_after);
    match preference {
        Some(seconds) => error.with_header("preference-applied", wait_preference(seconds)),
        None => error,
    }
}

fn wait_preference(seconds: u32) -> String {
    format!("wait={seconds}")
}

fn denied(denial: Denial) -> ApiError {
    match denial {
        Denial::NoAssignment => ErrorCode::NoAssignment,
        Denial::SessionEnded => ErrorCode::SessionEnded,
        Denial::ByUser | Denial::OtherAccount | Denial::DisabledInDirectory | Denial::Disabled => {
            ErrorCode::AccessDenied
        }
    }
    .into()
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::app::error::NOT_CONFIGURED;
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("createDeviceToken", "AWS device flow", "Wait for the user to approve a device flow")
        .describe(
            "Waits for the user for up to DEVICE_TOKEN_WAIT seconds, or fewer with `Prefer: wait=N` (RFC 7240). A 408 response \
             with Retry-After means that the user has not responded yet; repeat the request. A 408 response without \
             Retry-After means that the device code has expired or was already used. While one request waits, other \
             requests with the same device code get 408 at once. A 403 response means that the user denied the sign-in, has \
             no permission set, or is disabled.",
        )
        .parameter(json!({
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "`wait=N`: maximum number of seconds to wait for the user (RFC 7240), up to DEVICE_TOKEN_WAIT. \
                            Other preferences are ignored",
            "schema": {"type": "string", "examples": ["wait=10"]}
        }))
        .takes::<TokenRequest>(
            schemas,
            FAILED,
            json!({
                "client_id": "abcdef123456",
                "client_secret": "secret123456",
                "device_code": "device-code-123"
            }),
        )
        .returns::<BearerTokenResponse<'_>>(schemas, examples::bearer_token())
        .header("edge-auth-expires", true)
        .header("preference-applied", false)
        .errors([
            ErrorCode::InvalidDeviceCode.into(),
            pending(5, None),
            pending(5, Some(10)),
            ErrorCode::DeviceCodeExpired.into(),
            denied(Denial::ByUser),
            denied(Denial::NoAssignment),
            denied(Denial::SessionEnded),
            failed(AppError::Aws("Timeout")),
            failed(AppError::Aws(NOT_CONFIGURED)),
            ErrorCode::StorageUnavailable.into(),
        ])
}
