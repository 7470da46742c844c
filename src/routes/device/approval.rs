//! Waiting for the user to approve a device flow: what `/token`, `/sign-in` and `/step-up` have in common.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::denial::Denial;
use crate::app::device_flow::flow::{self, Completion, DeviceOutcome, FlowRequest};
use crate::app::device_flow::handles;
use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;
use crate::http::prefer;
use crate::http::request::Request;
use crate::http::response::Response;
use std::rc::Rc;

/// The handles of a device flow, as the client sends them.
pub struct Handles<'a> {
    /// `client_id` of `/register-client`.
    pub client_id: &'a str,
    /// `client_secret` of `/register-client`.
    pub client_secret: &'a str,
    /// `device_code` of `/device-authorization`.
    pub device_code: &'a str,
}

/// How long a request waits for the user.
#[derive(Clone, Copy)]
pub struct Wait {
    /// Seconds.
    seconds: u32,
    /// The seconds that the client prefers, as far as they are applied.
    preferred: Option<u32>,
}

impl Wait {
    /// The seconds of the header `Prefer: wait=N`, up to `DEVICE_TOKEN_WAIT`, which is also the default.
    #[must_use]
    pub fn preferred_by(context: &RequestContext, request: &Request) -> Self {
        let max_wait = context.app.config.aws.device_token_wait;
        let preferred = prefer::wait(request.header("prefer").as_deref());
        let preferred = preferred.map(|seconds| seconds.min(max_wait));
        Self {
            seconds: preferred.unwrap_or(max_wait),
            preferred,
        }
    }

    /// The response, which states the preference that was applied.
    #[must_use]
    pub fn applied(self, response: Response) -> Response {
        match self.preferred {
            Some(seconds) => response.with("preference-applied", wait_preference(seconds)),
            None => response,
        }
    }
}

/// Waits for the user to approve the device flow, and completes it.
///
/// # Errors
/// Those of [`errors`].
pub async fn wait<C: Completion>(
    context: Rc<RequestContext>,
    client: ClientInfo,
    handles: &Handles<'_>,
    wait: Wait,
    completion: C,
) -> Result<C::Output, ApiError> {
    let registration = handles::open_client(&context, handles.client_id, handles.client_secret);
    let device = handles::open_device(&context, handles.client_id, handles.device_code);
    let Some((registration, device)) = registration.zip(device) else {
        return Err(ErrorCode::InvalidDeviceCode.into());
    };
    let request = FlowRequest {
        context,
        client,
        device,
    };
    match flow::run(request, registration, completion, wait.seconds).await? {
        DeviceOutcome::Done(output) => Ok(output),
        DeviceOutcome::Pending(seconds) => Err(pending(seconds, wait.preferred)),
        DeviceOutcome::PendingElsewhere(seconds) => Err(pending(seconds, None)),
        DeviceOutcome::Expired => Err(ErrorCode::DeviceCodeExpired.into()),
        DeviceOutcome::Denied(denial) => Err(denied(denial)),
        DeviceOutcome::TooMany => Err(ErrorCode::Overloaded.into()),
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
        Denial::ByUser
        | Denial::OtherAccount
        | Denial::OtherUser
        | Denial::DisabledInDirectory
        | Denial::Disabled => ErrorCode::AccessDenied,
    }
    .into()
}

/// The errors of [`wait`].
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn errors() -> Vec<ApiError> {
    use crate::app::error::NOT_CONFIGURED;
    vec![
        ErrorCode::InvalidDeviceCode.into(),
        pending(5, None),
        pending(5, Some(10)),
        ErrorCode::DeviceCodeExpired.into(),
        denied(Denial::ByUser),
        denied(Denial::NoAssignment),
        denied(Denial::SessionEnded),
        ApiError::aws("Timeout"),
        ApiError::aws(NOT_CONFIGURED),
        ErrorCode::Overloaded.into(),
        ErrorCode::StorageUnavailable.into(),
    ]
}

/// The parameter object of `Prefer`, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn prefer_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "Prefer",
        "in": "header",
        "required": false,
        "description": "`wait=N`: maximum number of seconds to wait for the user (RFC 7240), up to DEVICE_TOKEN_WAIT. \
                        Other preferences are ignored",
        "schema": {"type": "string", "examples": ["wait=10"]}
    })
}
