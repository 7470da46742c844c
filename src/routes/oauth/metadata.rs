//! `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`: describe the OAuth server (RFC 8414,
//! `OpenID` Connect Discovery). Both are the same document.

use crate::app::RequestContext;
use crate::app::client_authentication::TOKEN_PATH;
use crate::domain::grant::IDENTITY_SCOPES;
use crate::domain::oauth_client::{
    ClientKind, GrantType, SIGNATURE_ALGORITHMS, TokenEndpointAuthMethod,
};
use crate::domain::resource::Resource;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::oauth::{authorize, introspect, jwks, logout, revoke, userinfo};
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

/// The endpoint of clients of `OpenID` Connect.
pub const OPENID_ROUTE: Route = Route {
    path: "/.well-known/openid-configuration",
    #[cfg(not(target_arch = "wasm32"))]
    operation: openid_operation,
    ..ROUTE
};

/// The methods with which clients authenticate. Public clients send only their id.
const AUTH_METHODS: [TokenEndpointAuthMethod; 4] = [
    TokenEndpointAuthMethod::None,
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
];

/// Claims of ID tokens and of the user info endpoint.
const CLAIMS: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "amr",
    "at_hash",
    "name",
    "preferred_username",
    "updated_at",
    "email",
    "email_verified",
    "roles",
];

/// The OAuth server (RFC 8414 section 2, `OpenID` Connect Discovery section 3).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent members of a JSON object"
)]
pub struct ServerMetadata {
    /// Issuer of the tokens: the origin of this service.
    issuer: String,
    /// URL of the authorization endpoint.
    authorization_endpoint: String,
    /// URL of the token endpoint.
    token_endpoint: String,
    /// URL of the user info endpoint.
    userinfo_endpoint: String,
    /// URL of the introspection endpoint.
    introspection_endpoint: String,
    /// URL of the revocation endpoint.
    revocation_endpoint: String,
    /// URL at which clients sign users out (`OpenID` Connect RP-Initiated Logout).
    end_session_endpoint: String,
    /// URL of the public keys that verify access tokens and ID tokens.
    jwks_uri: String,
    /// Scopes that belong to no resource, then those of all resources, including the administration of this service.
    scopes_supported: Vec<String>,
    /// Only `code`.
    response_types_supported: Vec<&'static str>,
    /// Only `query`.
    response_modes_supported: Vec<&'static str>,
    /// Grant types that the token endpoint supports.
    grant_types_supported: Vec<GrantType>,
    /// Only `public`: a user has the same `sub` for all clients.
    subject_types_supported: Vec<&'static str>,
    /// Algorithm of ID tokens.
    id_token_signing_alg_values_supported: Vec<&'static str>,
    /// Claims of ID tokens and of the user info endpoint.
    claims_supported: Vec<&'static str>,
    /// Values of `prompt`.
    prompt_values_supported: Vec<&'static str>,
    /// False: `claims` is ignored.
    claims_parameter_supported: bool,
    /// False: `request` is refused.
    request_parameter_supported: bool,
    /// False: `request_uri` is refused.
    request_uri_parameter_supported: bool,
    /// Only `S256` (RFC 7636).
    code_challenge_methods_supported: Vec<&'static str>,
    /// Always true: each authorization response has `iss` (RFC 9207).
    authorization_response_iss_parameter_supported: bool,
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
        let methods = AUTH_METHODS.into_iter();
        let confidential = methods.filter(|method| method.kind() == ClientKind::Confidential);
        let confidential: Vec<_> = confidential.collect();
        Self {
            authorization_endpoint: url(authorize::PATH),
            token_endpoint: url(TOKEN_PATH),
            userinfo_endpoint: url(userinfo::PATH),
            introspection_endpoint: url(introspect::ROUTE.path),
            revocation_endpoint: url(revoke::ROUTE.path),
            end_session_endpoint: url(logout::PATH),
            jwks_uri: url(jwks::ROUTE.path),
            scopes_supported: scopes(resources),
            response_types_supported: vec!["code"],
            response_modes_supported: vec!["query"],
            grant_types_supported: vec![
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ],
            subject_types_supported: vec!["public"],
            id_token_signing_alg_values_supported: vec!["ES256"],
            claims_supported: CLAIMS.to_vec(),
            prompt_values_supported: vec!["none", "login", "consent", "select_account"],
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            code_challenge_methods_supported: vec!["S256"],
            authorization_response_iss_parameter_supported: true,
            token_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
            token_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            introspection_endpoint_auth_methods_supported: confidential,
            introspection_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            revocation_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS.to_vec(),
            issuer: issuer.to_owned(),
        }
    }
}

/// The scopes that belong to no resource, and those of all resources, each once, in the order of the configuration.
fn scopes(resources: &[Resource]) -> Vec<String> {
    let mut found: Vec<String> = IDENTITY_SCOPES.map(str::to_owned).to_vec();
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
    let operation = Operation::new(
        "getServerMetadata",
        "OAuth",
        "Get the metadata of the OAuth server",
    );
    described(operation, schemas).describe(
        "Describes the OAuth server (RFC 8414), so that client libraries find its endpoints. Web applications of any origin may read the \
         response.",
    )
}

#[cfg(not(target_arch = "wasm32"))]
fn openid_operation(
    schemas: &mut crate::http::operation::Schemas,
) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    let operation = Operation::new(
        "getOpenidConfiguration",
        "OAuth",
        "Get the configuration for OpenID Connect",
    );
    described(operation, schemas).describe(
        "Returns the same document as `/.well-known/oauth-authorization-server`, for clients of OpenID Connect. Web applications of any \
         origin may read the response.",
    )
}

#[cfg(not(target_arch = "wasm32"))]
fn described(
    operation: crate::http::operation::Operation,
    schemas: &mut crate::http::operation::Schemas,
) -> crate::http::operation::Operation {
    use serde_json::json;
    let resources = crate::domain::resource::parse(
        r#"[{"resource":"https://api.example.com/v1","name":"Reports","scopes":{"reports:read":["user"]}}]"#,
        "https://auth.example.com",
    );
    let example = ServerMetadata::of("https://auth.example.com", &resources.unwrap_or_default());
    operation
        .returns::<ServerMetadata>(schemas, json!(example))
        .header("cache-control", true)
        .errors([ErrorCode::OauthDisabled])
}
