//! The endpoints of the OAuth 2.1 server.

mod about_token;
pub mod authorize;
pub mod consent;
pub mod consent_request;
pub mod introspect;
pub mod jwks;
pub mod logout;
pub mod metadata;
pub mod revoke;
pub mod sign_out_request;
pub mod token;
pub mod userinfo;

/// The parameters with which a client authenticates.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "describes a form")]
#[expect(clippy::struct_field_names, reason = "names of the RFCs")]
struct ClientForm {
    /// Id of the client. Not needed with the header `Authorization` or an assertion.
    #[schemars(extend("type" = "string"))]
    client_id: Option<String>,
    /// Secret of the client, with `client_secret_post`.
    #[schemars(extend("type" = "string"))]
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, with `private_key_jwt`.
    #[schemars(extend("type" = "string"))]
    client_assertion_type: Option<String>,
    /// A JWT that the client has signed (RFC 7523), with `private_key_jwt`.
    #[schemars(extend("type" = "string"))]
    client_assertion: Option<String>,
}
