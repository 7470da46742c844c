//! `GET /.well-known/oauth-authorization-server`: describes the OAuth server (RFC 8414).

use crate::app::RequestContext;
use crate::app::client_authentication::TOKEN_PATH;
use crate::domain::oauth_client::{GrantType, SIGNATURE_ALGORITHMS, TokenEndpointAuthMethod};
use crate::domain::resource::Resource;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::oauth::{introspect, jwks, revoke};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint. The issuer has no path, so the document has one address only (RFC 8414 section 3.1).
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/.well-known/oauth-authorization-server",
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, _| Box::pin(async move { handle(&context) })),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// How confidential clients authenticate.
const AUTH_METHODS: [TokenEndpointAuthMethod; 3] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
];

/// The OAuth server (RFC 8414 section 2).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ServerMetadata {
    /// Issuer of the tokens: the origin of this service.
    issuer: String,
    /// URL of the token endpoint.
    token_endpoint: String,
    /// URL of the introspection endpoint.
    introspection_endpoint: String,
    /// URL of the revocation endpoint.
    revocation_endpoint: String,
    /// URL of the public keys that verify access tokens.
    jwks_uri: String,
    /// Scopes of all resources; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(target_arch = "wasm32"), schemars(default))]
    scopes_supported: Vec<String>,
    /// Empty: there is no authorization endpoint yet.
    response_types_supported: Vec<&'static str>,
    /// Grants of the token endpoint.
    grant_types_supported: Vec<GrantType>,
    /// How clients authenticate at the token endpoint.
    token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// Algorithms of the assertions of clients.
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How clients authenticate at the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// Algorithms of the assertions of clients.
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How clients authenticate at the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// Algorithms of the assertions of clients.
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
}

impl ServerMetadata {
    fn of(issuer: &str, resources: &[Resource]) -> Self {
        let url = |path: &str| format!("{issuer}{path}");
        Self {
            token_endpoint: url(TOKEN_PATH),
            introspection_endpoint: url(introspect::ROUTE.path),
            revocation_endpoint: url(revoke::ROUTE.path),
            jwks_uri: url(jwks::ROUTE.path),
            scopes_supported: scopes(resources),
            response_types_supported: Vec::new(),
            grant_types_supported: vec![GrantType::ClientCredentials],
            token_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
            token_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            introspection_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
            introspection_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            revocation_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            issuer: issuer.to_owned(),
        }
    }
}

/// The scopes of all resources, each once, in the order of the configuration.
fn scopes(resources: &[Resource]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for scope in resources.iter().flat_map(|resource| &resource.scopes) {
        if !found.contains(&scope.token) {
            found.push(scope.token.clone());
        }
    }
    found
}

fn handle(context: &RequestContext) -> Result<Response, ApiError> {
    let config = &context.app.config;
    if config.oauth.keys.is_none() {
        return Err(ErrorCode::OauthDisabled.into());
    }
    let metadata = ServerMetadata::of(&config.tokens.issuer, &config.oauth.resources);
    Ok(Response::ok(&metadata).with("cache-control", jwks::CACHE_CONTROL))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    let resources = crate::domain::resource::parse(
        r#"[{"resource":"https://api.example.com/v1","name":"Reports","scopes":{"reports:read":["user"]}}]"#,
        "https://auth.example.com",
    );
    let example = ServerMetadata::of("https://auth.example.com", &resources.unwrap_or_default());
    Operation::new("getServerMetadata", "OAuth", "Get the metadata of the OAuth server")
        .describe(
            "Describes the OAuth server (RFC 8414), so that client libraries find its endpoints. Web applications of any origin may read \
             the response.",
        )
        .returns::<ServerMetadata>(schemas, json!(example))
        .header("cache-control", true)
        .errors([ErrorCode::OauthDisabled])
}
