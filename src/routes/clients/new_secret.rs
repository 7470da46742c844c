//! `POST /api/auth/clients/{id}/secret`: replaces the secret of an OAuth client.

use super::{client_id, if_match};
use crate::app::RequestContext;
use crate::app::oauth_clients::ClientRegistry;
use crate::domain::oauth_client::OauthClient;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::users::with_etag;
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/clients/{id}/secret",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::SuperAdmin(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The client and its new secret.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ClientSecretResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The client.
    pub client: OauthClient,
    /// The secret. It is not stored, so this is the only response that contains it.
    pub client_secret: String,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let version = if_match(&request)?;
    let id = client_id(&request)?;
    let client = request.client_info();
    let registry = ClientRegistry::new(&context, &client, &session);
    let created = registry.new_secret(id, version).await?;
    let version = created.client.version;
    let response = Response::ok(&ClientSecretResponse {
        success: true,
        client: created.client,
        client_secret: created.secret.reveal().to_owned(),
    });
    Ok(with_etag(response, version))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{example, id_parameter, if_match_parameter};
    use crate::http::error_codes::ErrorCode;
    use crate::http::oauth_client_error::version_mismatch;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new(
        "createClientSecret",
        "OAuth clients",
        "Replace secret of OAuth client",
    )
    .describe(
        "Requires the role `super_admin` and an authentication within the last 5 minutes. The earlier secret is invalid at once.",
    )
    .parameter(id_parameter())
    .parameter(if_match_parameter())
    .returns::<ClientSecretResponse>(
        schemas,
        json!({
            "success": true,
            "client": example(),
            "client_secret": "n3yT0cYv6sNkaLzQhUeGdOiB5f4x1JqM8P2wX7rmFo9"
        }),
    )
    .header("etag", true)
    .errors([
        ErrorCode::ClientNotFound,
        ErrorCode::ClientHasNoSecret,
        ErrorCode::PreconditionRequired,
    ])
    .errors([version_mismatch()])
}
