//! `PATCH /api/auth/clients/{id}`: changes an OAuth client.

use super::{ClientResponse, client_id, if_match, properties};
use crate::app::RequestContext;
use crate::app::oauth_clients::{Changes, ClientRegistry};
use crate::domain::oauth_client::{GivenKeySet, GrantType, TokenEndpointAuthMethod};
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::users::require_same_session;
use crate::runtime::rate_limiter::Bucket;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Patch,
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

/// New values. A field that is absent is left as it is; none can be null.
#[derive(Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(default, transform = without_defaults))]
pub struct UpdateClientRequest {
    /// Name.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(max = 1024))
    )]
    client_name: Option<String>,
    /// How it authenticates at the token endpoint. It can change between `client_secret_basic` and `client_secret_post` only.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "TokenEndpointAuthMethod")
    )]
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// All redirect URIs.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Vec<String>", length(max = 10))
    )]
    redirect_uris: Option<Vec<String>>,
    /// All redirect URIs after a sign-out.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Vec<String>", length(max = 10))
    )]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// All grants.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Vec<GrantType>", length(max = 3))
    )]
    grant_types: Option<Vec<GrantType>>,
    /// All scopes of client credentials, separated by spaces.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(max = 2048))
    )]
    scope: Option<String>,
    /// All public keys.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "GivenKeySet"))]
    jwks: Option<GivenKeySet>,
    /// False disables the client.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "bool"))]
    is_active: Option<bool>,
}

/// Removes the default values, which make the fields optional: an absent field has no default.
#[cfg(not(target_arch = "wasm32"))]
fn without_defaults(schema: &mut schemars::Schema) {
    let fields = schema
        .get_mut("properties")
        .and_then(|fields| fields.as_object_mut());
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
        if let Some(field) = field.as_object_mut() {
            field.remove("default");
        }
    }
}

/// Not derived: a null is refused here, and a derived struct does not see it (`json/deserializer.rs`).
impl<'de> Deserialize<'de> for UpdateClientRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = UpdateClientRequest;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UpdateClientRequest, A::Error> {
        let mut fields = UpdateClientRequest::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "client_name" => fields.client_name = Some(map.next_value()?),
                "token_endpoint_auth_method" => {
                    fields.token_endpoint_auth_method = Some(map.next_value()?);
                }
                "redirect_uris" => fields.redirect_uris = Some(map.next_value()?),
                "post_logout_redirect_uris" => {
                    fields.post_logout_redirect_uris = Some(map.next_value()?);
                }
                "grant_types" => fields.grant_types = Some(map.next_value()?),
                "scope" => fields.scope = Some(map.next_value()?),
                "jwks" => fields.jwks = Some(map.next_value()?),
                "is_active" => fields.is_active = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

impl UpdateClientRequest {
    fn changes(self) -> Result<Changes, ApiError> {
        let post_logout = self.post_logout_redirect_uris;
        Ok(Changes {
            client_name: self
                .client_name
                .as_deref()
                .map(properties::name)
                .transpose()?,
            token_endpoint_auth_method: self.token_endpoint_auth_method,
            redirect_uris: self
                .redirect_uris
                .map(properties::redirect_uris)
                .transpose()?,
            post_logout_redirect_uris: post_logout.map(properties::redirect_uris).transpose()?,
            grant_types: self.grant_types.map(properties::grant_types).transpose()?,
            scope: self.scope.as_deref().map(properties::scope).transpose()?,
            jwks: self.jwks.map(properties::keys).transpose()?,
            is_active: self.is_active,
        })
    }
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let version = if_match(&request)?;
    let (id, client) = (client_id(&request), request.client_info());
    let body: UpdateClientRequest = body::json(request, INVALID_BODY).await?;
    require_same_session(&context, &session).await?;
    let registry = ClientRegistry::new(&context, &client, &session);
    let updated = registry.update(id?, &body.changes()?, version).await?;
    Ok(ClientResponse::of(updated))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{example, id_parameter, if_match_parameter};
    use crate::domain::oauth_client::Misfit;
    use crate::http::error_codes::ErrorCode;
    use crate::http::oauth_client_error::version_mismatch;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("updateClient", "OAuth clients", "Update OAuth client")
        .describe(
            "Requires the role `super_admin` and an authentication within the last 5 minutes. A list replaces the whole earlier list. A \
             disabled client gets no tokens.",
        )
        .parameter(id_parameter())
        .parameter(if_match_parameter())
        .takes::<UpdateClientRequest>(
            schemas,
            INVALID_BODY,
            json!({"redirect_uris": ["https://dashboards.example.com/callback"], "is_active": true}),
        )
        .returns::<ClientResponse>(schemas, json!({"success": true, "client": example()}))
        .header("etag", true)
        .errors([
            ErrorCode::InvalidRedirectUri,
            ErrorCode::InvalidJwks,
            ErrorCode::ClientNotFound,
            ErrorCode::PreconditionRequired,
        ])
        .errors(Misfit::ALL)
        .errors([version_mismatch()])
}

#[cfg(test)]
mod tests {
    use super::UpdateClientRequest;
    use crate::json::{self, Malformed};

    #[test]
    fn field_is_refused_as_null() {
        for name in [
            "client_name",
            "token_endpoint_auth_method",
            "redirect_uris",
            "post_logout_redirect_uris",
            "grant_types",
            "scope",
            "jwks",
            "is_active",
        ] {
            let read = json::from_str::<UpdateClientRequest>(&format!("{{\"{name}\": null}}"));
            assert_eq!(read.err(), Some(Malformed::Unexpected), "{name}");
        }
        let read = json::from_str::<UpdateClientRequest>(r#"{"other": null}"#);
        assert!(read.is_ok());
    }
}
