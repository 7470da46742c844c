//! `POST /api/auth/register-client`: registers a client for a device flow.

use crate::app::RequestContext;
use crate::app::device_flow::handles;
use crate::app::error::{AppError, NOT_CONFIGURED};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/register-client",
    error_format: ErrorFormat::Detail,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, _| Box::pin(handle(context))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

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

fn failed(error: AppError) -> ApiError {
    match error {
        AppError::Aws(cause) => ApiError::aws(cause).with_text("Failed to register with AWS SSO"),
        error => error.into(),
    }
}

async fn handle(context: RequestContext) -> Result<Response, ApiError> {
    if context.app.config.aws.sso_start_url.is_none() {
        return Err(failed(AppError::Aws(NOT_CONFIGURED)));
    }
    let client = handles::new_client(&context).await.map_err(failed)?;
    Ok(Response::ok(&RegisterClientResponse {
        client_id: client.id,
        client_secret: client.secret,
        expiration: client.expires_at,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new(
        "registerClient",
        "AWS device flow",
        "Register client for the device flow",
    )
    .describe(
        "The secret is an opaque, encrypted text of about 3 kB that is valid until `expiration`.",
    )
    .returns::<RegisterClientResponse>(
        schemas,
        json!({
            "client_id": "abcdef123456",
            "client_secret": "secret123456",
            "expiration": "2023-03-13T12:00:00Z"
        }),
    )
    .errors([
        failed(AppError::Aws("Timeout")),
        failed(AppError::Aws(NOT_CONFIGURED)),
    ])
}
