//! `DELETE /api/auth/clients/{id}`: deletes an OAuth client.

use super::{client_id, if_match};
use crate::app::RequestContext;
use crate::app::oauth_clients::ClientRegistry;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/clients/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::SuperAdmin(|context, request, session| {
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
    let version = if_match(&request)?;
    let id = client_id(&request)?;
    let client = request.client_info();
    let registry = ClientRegistry::new(&context, &client, &session);
    registry.delete(id, version).await?;
    Ok(Response::ok(&MessageResponse::new("Client deleted")))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{id_parameter, if_match_parameter};
    use crate::http::error_codes::ErrorCode;
    use crate::http::oauth_client_error::version_mismatch;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("deleteClient", "OAuth clients", "Delete OAuth client")
        .describe(
            "Requires the role `super_admin` and an authentication within the last 5 minutes. Revokes the grants and consents of all \
             users at once, and the client can no longer authenticate. The cron event deletes the stored rows later, at most 60,000 grants \
             and 60,000 consents per run. The id is not used again. This cannot be undone; `PATCH` can disable a client instead.",
        )
        .parameter(id_parameter())
        .parameter(if_match_parameter())
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Client deleted"}),
        )
        .errors([ErrorCode::ClientNotFound, ErrorCode::PreconditionRequired])
        .errors([version_mismatch()])
}
