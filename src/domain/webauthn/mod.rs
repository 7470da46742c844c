//! Passkeys: the verification of registrations and assertions (Web Authentication Level 3, sections 7.1 and 7.2), without the
//! signatures.
//!
//! The signature algorithms are in `runtime`, because the platform has them. Verification therefore has two parts.
//! [`Registration::read`] and [`Assertion::read`] check everything except the signature, and return what is [`Signed`]. The caller
//! then verifies the signature, and uses the other values only if it is valid.
//!
//! | file | reads |
//! |---|---|
//! | `credential` | the JSON of `PublicKeyCredential.toJSON()` |
//! | `client_data` | the JSON that the browser writes and the authenticator signs |
//! | `authenticator_data` | the bytes that the authenticator writes and signs |
//! | `attestation` | the CBOR around the authenticator data at a registration |
//! | `cose` | public keys |
//! | `signature` | signatures in DER |

mod assertion;
mod attestation;
mod authenticator_data;
mod cbor;
mod client_data;
pub mod cose;
pub mod credential;
mod refusal;
mod registration;
pub mod signature;

pub use assertion::{Assertion, Stored};
pub use refusal::Refusal;
pub use registration::Registration;

use cose::PublicKey;
use sha2::{Digest, Sha256};

/// Maximum length of a credential id (section 4, "Credential ID").
pub const MAX_CREDENTIAL_ID_BYTES: usize = 1_023;
/// Length of a challenge. Section 13.4.3 requires at least 16 bytes.
pub const CHALLENGE_BYTES: usize = 32;

/// The values that a response must match.
#[derive(Clone, Copy, Debug)]
pub struct Ceremony<'c> {
    /// The only origin whose pages may ask for a passkey.
    pub origin: &'c str,
    /// The host of the origin, or a parent domain of it.
    pub relying_party_id: &'c str,
    /// The random bytes of this ceremony.
    pub challenge: &'c [u8],
}

impl Ceremony<'_> {
    fn relying_party_id_hash(&self) -> [u8; 32] {
        Sha256::digest(self.relying_party_id.as_bytes()).into()
    }
}

/// A signature, what it signs, and the key that must have made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The key.
    pub key: PublicKey,
    /// Of a passkey: the authenticator data, and the SHA-256 of the client data.
    pub message: Vec<u8>,
    /// In the form of the platform: for ES256 the two numbers with 32 bytes each.
    pub signature: Vec<u8>,
}

impl Signed {
    fn new(
        key: PublicKey,
        authenticator_data: &[u8],
        client_data: &[u8],
        signature: &[u8],
    ) -> Result<Self, Refusal> {
        let signature = match key {
            PublicKey::Es256 { .. } => signature::p1363(signature)?.to_vec(),
            PublicKey::Ed25519(_) | PublicKey::Rs256 { .. } => signature.to_vec(),
        };
        let hash = Sha256::digest(client_data);
        Ok(Self {
            key,
            message: [authenticator_data, hash.as_slice()].concat(),
            signature,
        })
    }
}
