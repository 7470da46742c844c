//! OAuth clients: the applications and services that super administrators have registered (RFC 7591 section 2).

mod assertion;
mod key_set;
mod metadata;
mod scope;

pub use assertion::Assertion;
pub use key_set::{ClientKey, GivenKeySet, KeySet, SIGNATURE_ALGORITHMS};
pub use metadata::{MAX_URIS, Metadata, Misfit};
pub use scope::{MAX_SCOPE_BYTES, Scope};

use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Maximum number of OAuth clients.
pub const MAX_CLIENTS: u32 = 500;

/// Whether an OAuth client can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "OauthClientKind"))]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// A program on devices of users or in their browsers, which cannot keep a secret.
    Public,
    /// A service, which can keep a secret.
    Confidential,
}

impl ClientKind {
    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }
}

/// How an OAuth client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// Not at all: the client is public.
    None,
    /// With its secret in the header `Authorization` (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// With its secret in the body (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// With a signed assertion (RFC 7523 section 2.2).
    PrivateKeyJwt,
}

impl TokenEndpointAuthMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
    ];

    /// The method with this name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether the client has a secret.
    #[must_use]
    pub fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// The kind of the clients with this method.
    #[must_use]
    pub fn kind(self) -> ClientKind {
        match self {
            Self::None => ClientKind::Public,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::PrivateKeyJwt => {
                ClientKind::Confidential
            }
        }
    }
}

/// How an OAuth client may get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// For a user who signs in (RFC 6749 section 4.1).
    AuthorizationCode,
    /// For the same user again (RFC 6749 section 6).
    RefreshToken,
    /// For itself (RFC 6749 section 4.4).
    ClientCredentials,
}

/// An OAuth client as administrators see it. Its secret is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct OauthClient {
    /// Id, with which the client identifies itself.
    pub client_id: Uuid,
    /// Whether it can keep a secret: `public` if `token_endpoint_auth_method` is `none`.
    pub kind: ClientKind,
    /// What was registered.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// False for a disabled client, which gets no tokens.
    pub is_active: bool,
    /// Time at which the current secret was created; null without a secret.
    pub secret_created_at: Option<Timestamp>,
    /// Time of the registration.
    pub created_at: Timestamp,
    /// Time of the last change by an administrator.
    pub updated_at: Timestamp,
    /// Id of the super administrator who registered it; null if that user was erased.
    pub created_by: Option<Uuid>,
    /// Time at which the client last got a token; null before the first. An introspection does not count.
    pub last_used_at: Option<Timestamp>,
    /// Number that every change increases; its `ETag` is sent as `If-Match`.
    pub version: u32,
}

#[cfg(test)]
mod tests {
    use super::TokenEndpointAuthMethod;

    #[test]
    fn method_is_parsed_from_its_exact_name_only() {
        for method in TokenEndpointAuthMethod::ALL {
            let name = method.as_str();
            assert_eq!(TokenEndpointAuthMethod::parse(name), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), name);
        }
        for name in ["", "None", "client_secret_jwt", "none "] {
            assert_eq!(TokenEndpointAuthMethod::parse(name), None, "{name}");
        }
    }
}
