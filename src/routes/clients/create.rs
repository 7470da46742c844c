//! `POST /api/auth/clients`: registers an OAuth client.

use super::properties;
use crate::app::RequestContext;
use crate::app::oauth_clients::ClientRegistry;
use crate::domain::oauth_client::{
    GivenKeySet, GrantType, Metadata, OauthClient, TokenEndpointAuthMethod,
};
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::users::{require_same_session, with_etag};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/clients",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::SuperAdmin(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// An OAuth client to be registered.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CreateClientRequest {
    /// Name, which users see when they consent: 1 to 64 characters. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    client_name: String,
    /// How it authenticates at the token endpoint; the default is `client_secret_basic`. `none` makes it a public client.
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Where users may return to with the response of an authorization request: https URLs, http URLs of loopback hosts, or URIs with
    /// a private-use scheme. Required with `authorization_code`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 10)))]
    redirect_uris: Option<Vec<String>>,
    /// Where users may return to after a sign-out. The rules are those of `redirect_uris`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 10)))]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// How it may get tokens; the default is `authorization_code` only.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 3)))]
    grant_types: Option<Vec<GrantType>>,
    /// Scopes that it may have with client credentials, separated by spaces; at most 32.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 2048)))]
    scope: Option<String>,
    /// Public keys of its assertions, with `private_key_jwt` only.
    jwks: Option<GivenKeySet>,
}

/// The registered client, and its secret.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CreateClientResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The client.
    pub client: OauthClient,
    /// The secret; null if it has none. It is not stored, so this is the only response that contains it.
    pub client_secret: Option<String>,
}

impl CreateClientRequest {
    fn metadata(self) -> Result<Metadata, ApiError> {
        let method = self.token_endpoint_auth_method;
        let grant_types = self.grant_types;
        Ok(Metadata {
            client_name: properties::name(&self.client_name)?,
            token_endpoint_auth_method: method
                .unwrap_or(TokenEndpointAuthMethod::ClientSecretBasic),
            redirect_uris: properties::redirect_uris(self.redirect_uris.unwrap_or_default())?,
            post_logout_redirect_uris: properties::redirect_uris(
                self.post_logout_redirect_uris.unwrap_or_default(),
            )?,
            grant_types: properties::grant_types(
                grant_types.unwrap_or_else(|| vec![GrantType::AuthorizationCode]),
            )?,
            scope: properties::scope(&self.scope.unwrap_or_default())?,
            jwks: self.jwks.map(properties::keys).transpose()?,
        })
    }
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: CreateClientRequest = body::json(request, INVALID_BODY).await?;
    require_same_session(&context, &session).await?;
    let registry = ClientRegistry::new(&context, &client, &session);
    let registered = registry.create(&body.metadata()?).await?;
    let version = registered.client.version;
    let secret = registered.secret.as_ref();
    let response = Response::ok(&CreateClientResponse {
        success: true,
        client: registered.client,
        client_secret: secret.map(|secret| secret.reveal().to_owned()),
    });
    Ok(with_etag(response, version))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::example;
    use crate::domain::oauth_client::Misfit;
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("createClient", "OAuth clients", "Register OAuth client")
        .describe(
            "Requires the role `super_admin` and an authentication within the last 5 minutes. A client without `none` or `private_key_jwt` \
             gets a secret, which only this response contains. The fields have the names of RFC 7591. A service has at most 500 clients.",
        )
        .takes::<CreateClientRequest>(
            schemas,
            INVALID_BODY,
            json!({
                "client_name": "Dashboards",
                "redirect_uris": ["https://dashboards.example.com/callback"],
                "grant_types": ["authorization_code", "refresh_token"]
            }),
        )
        .returns::<CreateClientResponse>(
            schemas,
            json!({
                "success": true,
                "client": example(),
                "client_secret": "mF9oB5f4x1JqM8kP2wX7rT0cYv6sN3aLzQhUeGdOi7c"
            }),
        )
        .header("etag", true)
        .errors([
            ErrorCode::InvalidRedirectUri,
            ErrorCode::InvalidJwks,
            ErrorCode::TooManyClients,
        ])
        .errors(Misfit::ALL)
}
