//! `DELETE /api/auth/grants/{id}`: removes a connected application of the caller.

use super::grant_id;
use crate::app::{RequestContext, connected_applications};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use crate::store::oauth_grants::remove::{Removal, Removed};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Delete,
    path: "/api/auth/grants/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let removal = Removal {
        id: grant_id(&request, "id")?,
        user: session.user.id,
        actor: None,
    };
    let entry = request.client_info().entry(&context, Kind::GrantRevoked)?;
    let entry = entry.in_own_session(&session);
    match connected_applications::remove(&context, removal, entry, "owner").await? {
        // A grant that had already been revoked gets the same response, because the earlier response may have been lost.
        Removed::Yes => Ok(Response::ok(&MessageResponse::new("Application removed"))),
        Removed::NotFound | Removed::NotPermitted => Err(ErrorCode::GrantNotFound.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::grant_parameter;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("removeGrant", "Connected applications", "Remove connected application")
        .describe(
            "Revokes a grant of the caller, by its id in GET /grants, and forgets all consents of the caller for its client, so that the \
             client has to ask again. Other grants of the same client stay. The request may be repeated.",
        )
        .parameter(grant_parameter("id", "Id of the grant, as returned by GET /grants"))
        .returns::<MessageResponse>(
            schemas,
            json!({"success": true, "message": "Application removed"}),
        )
        .errors([ErrorCode::GrantNotFound])
}
