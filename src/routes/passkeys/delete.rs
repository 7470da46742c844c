//! `DELETE /api/auth/passkeys/{id}`: deletes a passkey of the caller.

use super::passkey_id;
use crate::app::RequestContext;
use crate::app::passkeys::register;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use crate::store::passkeys::Deleted;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/passkeys/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let id = passkey_id(&request)?;
    let client = request.client_info();
    match register::delete(&context, &client, &session, id).await? {
        Deleted::Yes => Ok(Response::ok(&MessageResponse::new("Passkey removed"))),
        Deleted::NotFound => Err(ErrorCode::PasskeyNotFound.into()),
        Deleted::LastMethod => Err(ErrorCode::LastSignInMethod.into()),
        Deleted::LastFactor => Err(ErrorCode::FactorRequired.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::id_parameter;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("deletePasskey", "Second factors", "Remove a passkey")
        .describe(
            "Removes a passkey of the caller. The service refuses to remove the last way to sign in, and the last second factor if \
             it demands one. When the last factor is removed, the recovery codes are removed too.",
        )
        .parameter(id_parameter())
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Passkey removed"}),
        )
        .errors([
            ErrorCode::PasskeyNotFound,
            ErrorCode::LastSignInMethod,
            ErrorCode::FactorRequired,
        ])
}
