//! `POST /api/auth/recovery-codes`: replaces the recovery codes of the caller.

use crate::app::RequestContext;
use crate::app::second_factor::manage;
use crate::crypto::secret::Secret;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/recovery-codes",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// New recovery codes.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RecoveryCodesResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Ten recovery codes, each of which can be used once. They are not shown again.
    pub recovery_codes: Vec<String>,
}

/// The codes as texts of a response.
#[must_use]
pub fn texts(codes: &[Secret]) -> Vec<String> {
    codes.iter().map(|code| code.reveal().to_owned()).collect()
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let codes = manage::replace_recovery_codes(&context, &client, &session).await?;
    let codes = codes.ok_or(ErrorCode::NoFactor)?;
    Ok(Response::ok(&RecoveryCodesResponse {
        success: true,
        recovery_codes: texts(&codes),
    }))
}

/// Examples of codes.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn example() -> serde_json::Value {
    serde_json::json!(["0123-4567-89ab-c", "9k3m-x2qr-7dvt-8"])
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new(
        "replaceRecoveryCodes",
        "Second factors",
        "Create new recovery codes",
    )
    .describe("Creates ten recovery codes. Earlier ones become invalid.")
    .returns::<RecoveryCodesResponse>(
        schemas,
        json!({"success": true, "recovery_codes": example()}),
    )
    .errors([ErrorCode::NoFactor])
}
