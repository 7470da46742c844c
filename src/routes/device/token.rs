//! `POST /api/auth/token`: waits for the user to approve a device flow, and signs them in.

use super::approval::{self, Handles, Wait};
use crate::app::RequestContext;
use crate::app::device_flow::sign_in::{SignIn, SignedIn};
use crate::app::sign_in::TOKEN_SESSION;
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::BearerTokenResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;
use std::rc::Rc;

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
    let wait = Wait::preferred_by(&context, &request);
    let body: TokenRequest = body::json(request, FAILED).await?;
    let handles = Handles {
        client_id: &body.client_id,
        client_secret: &body.client_secret,
        device_code: &body.device_code,
    };
    let sign_in = SignIn(TOKEN_SESSION);
    let signed_in = approval::wait(Rc::new(context), client, &handles, wait, sign_in);
    match Box::pin(signed_in).await.map_err(failed)? {
        SignedIn::Session(signed_in) => {
            let (issued, user) = *signed_in;
            Ok(wait.applied(BearerTokenResponse::response(&issued, &user)))
        }
        SignedIn::SecondFactor(_) => Err(ErrorCode::SecondFactorDemanded.into()),
    }
}

/// The API specification prescribes the text of a failure of AWS.
fn failed(error: ApiError) -> ApiError {
    match error.code() {
        ErrorCode::AwsFailed | ErrorCode::AwsNotConfigured => error.with_text(FAILED),
        _ => error,
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("createDeviceToken", "AWS device flow", "Wait for the user to approve a device flow")
        .describe(
            "Waits for the user for up to DEVICE_TOKEN_WAIT seconds, or fewer with `Prefer: wait=N` (RFC 7240). A 408 response \
             with Retry-After means that the user has not responded yet; repeat the request. A 408 response without \
             Retry-After means that the device code has expired or was already used. While one request waits, other \
             requests with the same device code get 408 at once. A 403 response means that the user denied the sign-in, has \
             no permission set, is disabled, or needs a second factor, which this route cannot ask for.",
        )
        .parameter(approval::prefer_parameter())
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
        .errors(approval::errors().into_iter().map(failed))
        .errors([ErrorCode::SecondFactorDemanded])
}
