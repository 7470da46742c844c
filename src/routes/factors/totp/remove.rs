//! `DELETE /api/auth/totp`: removes the one-time codes of the caller.

use crate::app::RequestContext;
use crate::app::second_factor::manage;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/totp",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

const REMOVED: &str = "One-time codes removed";

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    if manage::remove_totp(&context, &client, &session).await? {
        Ok(Response::ok(&MessageResponse::new(REMOVED)))
    } else {
        Err(ErrorCode::FactorRequired.into())
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("removeTotp", "Second factors", "Remove one-time codes")
        .describe(
            "Removes the secret of one-time codes. If it was the last factor, the recovery codes are removed too. Sessions stay valid; \
             pending sign-ins become invalid. If the user has no one-time codes, nothing happens.",
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": REMOVED}))
        .errors([ErrorCode::FactorRequired])
}
