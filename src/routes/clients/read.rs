//! `GET /api/auth/clients/{id}`: shows an OAuth client.

use super::{ClientResponse, client_id};
use crate::app::RequestContext;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::oauth_clients;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/clients/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, request, _| Box::pin(handle(context, request))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let id = client_id(&request)?;
    let client = oauth_clients::find(context.app.database, id).await?;
    Ok(ClientResponse::of(client.ok_or(ErrorCode::ClientNotFound)?))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{example, id_parameter};
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("getClient", "OAuth clients", "Get OAuth client")
        .describe(
            "Requires the role `admin` or higher. The `ETag` of the response is the version of the client, for `If-Match`. The secret is \
             not stored and cannot be shown.",
        )
        .parameter(id_parameter())
        .returns::<ClientResponse>(schemas, json!({"success": true, "client": example()}))
        .header("etag", true)
        .errors([ErrorCode::ClientNotFound])
}
