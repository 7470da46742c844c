//! `DELETE /api/auth/clients/{id}/grants`: revokes all grants to an OAuth client.

use super::{ClientResponse, client_id};
use crate::app::RequestContext;
use crate::app::oauth_clients::ClientRegistry;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;

/// The endpoint. It requires no `If-Match`, because its effect does not depend on the properties of the client.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/clients/{id}/grants",
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
    let id = client_id(&request)?;
    let client = request.client_info();
    let registry = ClientRegistry::new(&context, &client, &session);
    Ok(ClientResponse::of(registry.revoke_grants(id).await?))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{example, id_parameter};
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new(
        "revokeClientGrants",
        "OAuth clients",
        "Revoke all grants to OAuth client",
    )
    .describe(
        "Requires the role `super_admin` and an authentication within the last 5 minutes. Revokes the grants of all users, with their \
         codes, access tokens and refresh tokens, and forgets the consents, so the client has to ask each user again. It keeps its \
         registration and gets a new version. Access tokens that it got for itself stay valid. If it has no grant and no consent, \
         nothing is changed, so the request may be repeated.",
    )
    .parameter(id_parameter())
    .returns::<ClientResponse>(schemas, json!({"success": true, "client": example()}))
    .header("etag", true)
    .errors([ErrorCode::ClientNotFound])
}
