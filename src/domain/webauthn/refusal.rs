//! Why a response of an authenticator is refused.

use thiserror::Error;

/// The reason. The texts contain no part of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The credential is not what `toJSON()` returns, or a part of it is too long.
    #[error("the credential is not valid JSON of a public key credential")]
    Credential,
    /// The client data is not JSON of the expected form.
    #[error("the client data is not valid")]
    ClientData,
    /// The response belongs to the other ceremony.
    #[error("the response is for another ceremony")]
    Type,
    /// The challenge is another one.
    #[error("the challenge is another one")]
    Challenge,
    /// The page has another origin.
    #[error("the origin is another one")]
    Origin,
    /// The page was in a frame of another origin.
    #[error("the page was in a frame of another origin")]
    CrossOrigin,
    /// The authenticator data is too short, too long or inconsistent.
    #[error("the authenticator data is not valid")]
    AuthenticatorData,
    /// The passkey belongs to another relying party.
    #[error("the passkey is for another relying party")]
    RelyingParty,
    /// The user did not confirm.
    #[error("the user was not present")]
    UserPresence,
    /// The authenticator did not verify the user.
    #[error("the user was not verified")]
    UserVerification,
    /// The passkey is backed up without being eligible for it, or the eligibility of a stored passkey has changed.
    #[error("the backup flags are inconsistent")]
    Backup,
    /// The attestation object is not CBOR of the expected form.
    #[error("the attestation object is not valid")]
    Attestation,
    /// The attestation has a format that is not verified.
    #[error("the attestation format is not supported")]
    AttestationFormat,
    /// The id of the credential is empty or too long.
    #[error("the credential id is not valid")]
    CredentialId,
    /// The public key is not valid.
    #[error("the public key is not valid")]
    PublicKey,
    /// The algorithm of the public key was not offered.
    #[error("the algorithm was not offered")]
    Algorithm,
    /// The signature has another form, or the key did not make it.
    #[error("the signature is not valid")]
    Signature,
    /// The response names another user.
    #[error("the passkey belongs to another user")]
    User,
    /// The counter did not grow, so there may be a copy of the passkey.
    #[error("the counter of the passkey did not grow")]
    Counter,
}
