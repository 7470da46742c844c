//! The JSON of a response: what `PublicKeyCredential.toJSON()` returns (section 5.1), with binary values in base64url.

use super::{MAX_CREDENTIAL_ID_BYTES, Refusal};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

/// `type` of every credential.
const TYPE: &str = "public-key";
/// A user handle has at most 64 bytes (section 5.4.3).
const MAX_USER_HANDLE_BYTES: usize = 64;
/// A signature with an RSA key of 4,096 bits has 512 bytes.
const MAX_SIGNATURE_BYTES: usize = 512;
/// The transports that are known today have at most 10 characters.
const MAX_TRANSPORT_CHARACTERS: usize = 32;
const MAX_TRANSPORTS: usize = 8;

/// `RegistrationResponseJSON` or `AuthenticationResponseJSON`. Other members, such as the outputs of extensions, are ignored.
#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CredentialJson {
    /// Credential id, base64url without padding.
    id: String,
    /// The credential id again, base64url.
    raw_id: String,
    /// `public-key`.
    r#type: String,
    /// What the authenticator has sent. Binary values are base64url without padding.
    response: ResponseJson,
}

/// What an authenticator has sent, and what the browser has added.
#[derive(Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ResponseJson {
    /// The ceremony, challenge and origin, in the JSON that is signed.
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    /// The new key. Registrations only.
    attestation_object: Option<String>,
    /// How the browser can reach the authenticator. Registrations only.
    transports: Option<Vec<String>>,
    /// The data that the authenticator has signed. Authentications only.
    authenticator_data: Option<String>,
    /// The signature. Authentications only.
    signature: Option<String>,
    /// `user.id` of the registration. Authentications only.
    user_handle: Option<String>,
}

/// The response to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationResponse {
    /// The credential id.
    pub id: Vec<u8>,
    /// The client data: JSON that the browser has written.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub attestation_object: Vec<u8>,
    /// How the browser can reach the authenticator, such as `internal` or `usb`. Values of an unexpected form are left out.
    pub transports: Vec<String>,
}

/// The response to an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionResponse {
    /// The credential id.
    pub id: Vec<u8>,
    /// The client data: JSON that the browser has written.
    pub client_data: Vec<u8>,
    /// The authenticator data.
    pub authenticator_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The user handle, if the authenticator stores it.
    pub user_handle: Option<Vec<u8>>,
}

impl CredentialJson {
    /// Whether it is the response to a registration.
    #[must_use]
    pub fn is_registration(&self) -> bool {
        self.response.attestation_object.is_some()
    }

    /// The response to a registration.
    ///
    /// # Errors
    /// [`Refusal::Credential`].
    pub fn attestation(&self) -> Result<AttestationResponse, Refusal> {
        Ok(AttestationResponse {
            id: self.id()?,
            client_data: binary(Some(&self.response.client_data_json))?,
            attestation_object: binary(self.response.attestation_object.as_deref())?,
            transports: self.transports(),
        })
    }

    /// The response to an assertion.
    ///
    /// # Errors
    /// [`Refusal::Credential`].
    pub fn assertion(&self) -> Result<AssertionResponse, Refusal> {
        let response = &self.response;
        let signature = binary(response.signature.as_deref())?;
        let user_handle = match response.user_handle.as_deref() {
            None | Some("") => None,
            handle => Some(binary(handle)?),
        };
        let is_too_long = signature.len() > MAX_SIGNATURE_BYTES
            || user_handle
                .as_ref()
                .is_some_and(|handle| handle.len() > MAX_USER_HANDLE_BYTES);
        if is_too_long {
            return Err(Refusal::Credential);
        }
        Ok(AssertionResponse {
            id: self.id()?,
            client_data: binary(Some(&response.client_data_json))?,
            authenticator_data: binary(response.authenticator_data.as_deref())?,
            signature,
            user_handle,
        })
    }

    /// The credential id. `id` must be the same text as `rawId`: base64url without padding writes each id in one way only.
    fn id(&self) -> Result<Vec<u8>, Refusal> {
        let id = binary(Some(&self.raw_id))?;
        if self.id == self.raw_id
            && self.r#type == TYPE
            && (1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len())
        {
            Ok(id)
        } else {
            Err(Refusal::Credential)
        }
    }

    fn transports(&self) -> Vec<String> {
        let is_plain = |text: &&String| {
            let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            (1..=MAX_TRANSPORT_CHARACTERS).contains(&text.len()) && text.bytes().all(is_word)
        };
        let all = self.response.transports.iter().flatten();
        all.filter(is_plain).take(MAX_TRANSPORTS).cloned().collect()
    }
}

fn binary(text: Option<&str>) -> Result<Vec<u8>, Refusal> {
    Base64UrlUnpadded::decode_vec(text.ok_or(Refusal::Credential)?).map_err(|_| Refusal::Credential)
}
