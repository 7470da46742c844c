//! Registrations: the response to `navigator.credentials.create()` (section 7.1).

use super::attestation::{AttestationObject, Statement};
use super::authenticator_data::AuthenticatorData;
use super::credential::AttestationResponse;
use super::{Ceremony, Refusal, Signed, client_data};

/// A new passkey. Before the caller stores it, the caller must verify that the platform can use the key and that
/// [`Self::signed`], if there is one, is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The credential id in the authenticator data, of 1 to 1,023 bytes. The id in the JSON is not used.
    pub credential_id: Vec<u8>,
    /// The key.
    pub public_key: super::cose::PublicKey,
    /// The key as the authenticator wrote it, a `COSE_Key`.
    pub cose: Vec<u8>,
    /// The first value of the counter.
    pub sign_count: u32,
    /// Whether the passkey may be copied to other devices.
    pub is_backup_eligible: bool,
    /// Whether the passkey has been copied to other devices.
    pub is_backed_up: bool,
    /// What the passkey has signed, if the response has a self attestation.
    pub signed: Option<Signed>,
}

impl Registration {
    /// Checks a response.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub fn read(response: &AttestationResponse, ceremony: &Ceremony<'_>) -> Result<Self, Refusal> {
        client_data::check(&response.client_data, client_data::CREATE, ceremony)?;
        let object = AttestationObject::read(&response.attestation_object)?;
        let data = AuthenticatorData::read(object.authenticator_data, ceremony)?;
        let credential = data.credential.ok_or(Refusal::AuthenticatorData)?;
        let signed = match object.statement {
            Statement::None => None,
            Statement::SelfSigned { algorithm, .. }
                if algorithm != credential.public_key.algorithm() =>
            {
                return Err(Refusal::Attestation);
            }
            Statement::SelfSigned { signature, .. } => Some(Signed::new(
                credential.public_key.clone(),
                object.authenticator_data,
                &response.client_data,
                signature,
            )?),
        };
        Ok(Self {
            credential_id: credential.id.to_vec(),
            cose: credential.cose.to_vec(),
            public_key: credential.public_key,
            sign_count: data.sign_count,
            is_backup_eligible: data.is_backup_eligible,
            is_backed_up: data.is_backed_up,
            signed,
        })
    }
}
