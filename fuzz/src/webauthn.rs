//! Responses of authenticators: each reader of passkeys.
//!
//! Each target reads the same bytes a second time, by simple code of its own. What the reader accepts must be what the simple code
//! finds. Most targets try an input as the whole response and as each part of a valid one, so that a short input reaches each rule.

mod assertion;
mod attestation;
mod cbor;
mod client_data;
mod credential;
mod key;
mod signature;

use crate::Target;
use edge_auth::domain::webauthn::Ceremony;
use sha2::{Digest, Sha256};

/// One target for each reader.
pub const TARGETS: [Target; 6] = [
    credential::TARGET,
    attestation::TARGET,
    assertion::TARGET,
    client_data::TARGET,
    key::TARGET,
    signature::TARGET,
];

const ORIGIN: &str = "https://auth.example.com";
const RP_ID: &str = "example.com";
const CHALLENGE: [u8; 32] = [7; 32];
const CHALLENGE_TEXT: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn ceremony() -> Ceremony<'static> {
    Ceremony {
        origin: ORIGIN,
        relying_party_id: RP_ID,
        challenge: &CHALLENGE,
    }
}

/// Client data of this type, as browsers write it.
fn page(r#type: &str) -> Vec<u8> {
    format!(
        r#"{{"type":"{type}","challenge":"{CHALLENGE_TEXT}","origin":"{ORIGIN}","crossOrigin":false}}"#
    )
    .into_bytes()
}

fn rp_id_hash() -> [u8; 32] {
    Sha256::digest(RP_ID).into()
}

/// What a passkey signs.
fn message(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, &Sha256::digest(client_data)].concat()
}
