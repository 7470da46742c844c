//! The endpoints for the passkeys of a signed-in user.

pub mod delete;
pub mod list;
pub mod options;
pub mod register;
pub mod rename;

use crate::domain::names;
use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;
use crate::http::request::Request;
use uuid::Uuid;

/// Maximum code points of a passkey's name.
const MAX_NAME_CHARACTERS: usize = 64;

/// The passkey's id in the path.
///
/// # Errors
/// `PasskeyNotFound` if it is not an id.
fn passkey_id(request: &Request) -> Result<Uuid, ApiError> {
    let text = request.parameter("id");
    // `Uuid` also accepts other forms: without hyphens, in braces and as a URN.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| ErrorCode::PasskeyNotFound.into())
}

/// The name of a passkey.
///
/// # Errors
/// `InvalidField`.
pub fn passkey_name(text: &str) -> Result<String, ApiError> {
    let name = names::text(text).ok();
    let name = name.filter(|name| name.chars().count() <= MAX_NAME_CHARACTERS);
    name.ok_or_else(|| ErrorCode::InvalidField.into())
}

/// The parameter `id` of the path, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
fn id_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "Id of the passkey, as returned by GET /passkeys",
        "schema": {"type": "string", "format": "uuid"}
    })
}

/// Examples for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
pub mod examples {
    use serde_json::{Value, json};

    /// A credential id.
    pub const CREDENTIAL_ID: &str = "-R85HbTJsv3gqnAYnLo4n7Y_V5umEiszrZT_PsMwCEvk";
    /// A challenge.
    pub const CHALLENGE: &str = "AMMPt4UxxGTStncdq407fWA8ARYvL6SGvqcPKD-uVW4";
    /// A sealed challenge.
    pub const STATE: &str = "AS4kV5Xn2a0mHcQpX8d4Hj9uG3l0B7rYtFv1wZsKe6oN";

    /// A passkey.
    #[must_use]
    pub fn passkey() -> Value {
        json!({
            "id": "4f6b2f4e-3f0e-4c58-9d53-9c7f0f1a6c1e",
            "credential_id": CREDENTIAL_ID,
            "name": "Laptop",
            "created_at": "2024-01-10T12:00:00Z",
            "last_used_at": null,
            "is_backed_up": true,
            "transports": ["internal", "hybrid"]
        })
    }

    /// The options of a registration.
    #[must_use]
    pub fn creation_options() -> Value {
        json!({
            "rp": {"id": "auth.example.com", "name": "Edge Auth"},
            "user": {"id": "VQ6EAOKbQdSnFkRmVUQAAA", "name": "john@example.com", "displayName": "John Doe"},
            "challenge": CHALLENGE,
            "pubKeyCredParams": [
                {"type": "public-key", "alg": -7},
                {"type": "public-key", "alg": -8},
                {"type": "public-key", "alg": -257}
            ],
            "timeout": 300_000,
            "excludeCredentials": [],
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required"
            },
            "attestation": "none"
        })
    }

    /// The options of an authentication.
    #[must_use]
    pub fn request_options() -> Value {
        json!({
            "challenge": CHALLENGE,
            "timeout": 300_000,
            "rpId": "auth.example.com",
            "allowCredentials": [],
            "userVerification": "required"
        })
    }

    /// A response to a registration.
    #[must_use]
    pub fn registration() -> Value {
        json!({
            "id": CREDENTIAL_ID,
            "rawId": CREDENTIAL_ID,
            "type": "public-key",
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0",
                "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVg",
                "transports": ["internal", "hybrid"]
            }
        })
    }

    /// A response to an authentication.
    #[must_use]
    pub fn authentication() -> Value {
        json!({
            "id": CREDENTIAL_ID,
            "rawId": CREDENTIAL_ID,
            "type": "public-key",
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
                "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA",
                "signature": "MEUCIQC9",
                "userHandle": "VQ6EAOKbQdSnFkRmVUQAAA"
            }
        })
    }
}
