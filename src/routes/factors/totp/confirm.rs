//! `POST /api/auth/totp/confirm`: confirms the secret of one-time codes with a code, and so makes it a second factor.

use crate::app::RequestContext;
use crate::app::second_factor::manage::{self, Confirmed};
use crate::crypto::secret::Secret;
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::factors::recovery_codes;
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/totp/confirm",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A one-time code.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConfirmTotpRequest {
    /// Six digits. Spaces are ignored.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(min = 1))
    )]
    code: Secret,
}

/// Confirmation of one-time codes.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConfirmTotpResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Ten recovery codes, which are not shown again; null unless this is the first factor of the user.
    pub recovery_codes: Option<Vec<String>>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: ConfirmTotpRequest = body::json(request, INVALID_BODY).await?;
    if body.code.reveal().is_empty() {
        return Err(ErrorCode::MissingField.into());
    }
    let confirmed = manage::confirm_totp(&context, &client, &session, &body.code);
    match confirmed.await? {
        Confirmed::Yes(codes) => Ok(Response::ok(&ConfirmTotpResponse {
            success: true,
            recovery_codes: codes.map(|codes| recovery_codes::texts(&codes)),
        })),
        Confirmed::Wrong => Err(ErrorCode::InvalidCode.into()),
        Confirmed::Exists => Err(ErrorCode::TotpExists.into()),
        Confirmed::BackOff(seconds) => Err(ApiError::back_off(seconds)),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("confirmTotp", "Second factors", "Confirm one-time codes")
        .describe(
            "Makes the secret of /totp a second factor of the user. Wrong codes are counted as at a sign-in. Pending sign-ins of the \
             user become invalid.",
        )
        .takes::<ConfirmTotpRequest>(schemas, INVALID_BODY, json!({"code": "287082"}))
        .returns::<ConfirmTotpResponse>(
            schemas,
            json!({"success": true, "recovery_codes": recovery_codes::example()}),
        )
        .errors([
            ErrorCode::InvalidCode.into(),
            ErrorCode::TotpExists.into(),
            ApiError::back_off(1),
        ])
}
