//! Responses of authenticators: each reader of passkeys.

use crate::{Target, choose, seed};
use edge_auth::domain::webauthn::cose::{ALGORITHMS, PublicKey};
use edge_auth::domain::webauthn::credential::{
    AssertionResponse, AttestationResponse, CredentialJson,
};
use edge_auth::domain::webauthn::{
    Assertion, Ceremony, MAX_CREDENTIAL_ID_BYTES, Registration, Stored, signature,
};
use edge_auth::json;
use sha2::{Digest, Sha256};

pub const TARGET: Target = Target {
    name: "webauthn",
    run,
    seeds,
    words: &[
        "fmt",
        "none",
        "packed",
        "attStmt",
        "authData",
        "alg",
        "sig",
        "x5c",
        "webauthn.create",
        "webauthn.get",
        "\"crossOrigin\":true",
        "\"topOrigin\":\"",
        "\0\0\0\0",
    ],
};

const ORIGIN: &str = "https://auth.example.com";
const RP_ID: &str = "example.com";
const CHALLENGE: [u8; 32] = [7; 32];
const FLAGS: usize = 32;

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    match choice % 5 {
        0 => credential(&String::from_utf8_lossy(input)),
        1 => attestation_object(input),
        2 => authenticator_data(input),
        3 => client_data(input),
        _ => key_and_signature(input),
    }
}

fn ceremony() -> Ceremony<'static> {
    Ceremony {
        origin: ORIGIN,
        relying_party_id: RP_ID,
        challenge: &CHALLENGE,
    }
}

fn page(r#type: &str) -> Vec<u8> {
    let challenge = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    format!(
        r#"{{"type":"{type}","challenge":"{challenge}","origin":"{ORIGIN}","crossOrigin":false}}"#
    )
    .into_bytes()
}

/// Ids have one spelling and a bounded length.
fn credential(text: &str) {
    let Ok(credential) = json::from_str::<CredentialJson>(text) else {
        return;
    };
    let ids = [
        credential.attestation().map(|response| response.id),
        credential.assertion().map(|response| response.id),
    ];
    for id in ids.into_iter().flatten() {
        assert!((1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len()));
    }
}

/// An accepted object contains authenticator data of this relying party with both flags, and a key that can be stored and read again.
fn attestation_object(object: &[u8]) {
    let response = AttestationResponse {
        id: vec![1],
        client_data: page("webauthn.create"),
        attestation_object: object.to_vec(),
        transports: Vec::new(),
    };
    if let Ok(registration) = Registration::read(&response, &ceremony()) {
        let hash = Sha256::digest(RP_ID);
        let place = object
            .windows(32)
            .position(|bytes| bytes == hash.as_slice());
        let flags = object[place.expect("the hash of the RP ID") + FLAGS];
        assert_eq!(flags & 0x45, 0x45);
        assert_ne!(flags & 0x18, 0x10);
        assert!((1..=MAX_CREDENTIAL_ID_BYTES).contains(&registration.credential_id.len()));
        let again = PublicKey::read(&registration.cose);
        assert_eq!(again.as_ref(), Ok(&registration.public_key));
        assert!(ALGORITHMS.contains(&registration.public_key.algorithm()));
    }
}

fn stored() -> Stored {
    Stored {
        public_key: PublicKey::Ed25519([1; 32]),
        sign_count: 5,
        is_backup_eligible: false,
        user_handle: [5; 16],
    }
}

fn assertion(client_data: Vec<u8>, authenticator_data: Vec<u8>) -> AssertionResponse {
    AssertionResponse {
        id: vec![1],
        client_data,
        authenticator_data,
        signature: vec![0; 64],
        user_handle: None,
    }
}

/// What is accepted has the right hash and flags, and its counter is that of the bytes.
fn authenticator_data(data: &[u8]) {
    let response = assertion(page("webauthn.get"), data.to_vec());
    if let Ok(read) = Assertion::read(&response, &stored(), &ceremony()) {
        assert_eq!(data[..FLAGS], *Sha256::digest(RP_ID));
        assert_eq!(data[FLAGS] & 0x1d, 0x05);
        let count = u32::from_be_bytes(data[33..37].try_into().expect("four bytes"));
        assert_eq!(read.sign_count().ok(), (count > 5).then_some(count));
        assert!(data.len() == 37 || data[FLAGS] & 0xc0 != 0);
        assert!(read.signed.message.starts_with(data));
    }
}

/// An independent reader finds the same values.
fn client_data(bytes: &[u8]) {
    let mut data = Sha256::digest(RP_ID).to_vec();
    data.extend([5, 0, 0, 0, 6]);
    let response = assertion(bytes.to_vec(), data);
    if Assertion::read(&response, &stored(), &ceremony()).is_ok() {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(value["type"], "webauthn.get");
        assert_eq!(value["origin"], ORIGIN);
        assert!(value["crossOrigin"] != true && value["topOrigin"].is_null());
    }
}

/// A signature in DER has one spelling.
fn key_and_signature(bytes: &[u8]) {
    let _ = PublicKey::read(bytes);
    if let Ok(p1363) = signature::p1363(bytes) {
        let number = |number: &[u8]| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            let mut digits = number[zeros..].to_vec();
            if digits[0] >= 0x80 {
                digits.insert(0, 0);
            }
            let length = u8::try_from(digits.len()).expect("a short number");
            [&[2, length], &digits[..]].concat()
        };
        let numbers = [number(&p1363[..32]), number(&p1363[32..])].concat();
        let length = u8::try_from(numbers.len()).expect("short numbers");
        assert_eq!([&[0x30, length], &numbers[..]].concat(), bytes);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let hash = Sha256::digest(RP_ID);
    let key = [
        &[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32],
        &[9; 32][..],
    ]
    .concat();
    let attested = [&hash[..], &[0x45, 0, 0, 0, 0], &[0; 16], &[0, 1, 1], &key].concat();
    let length = u8::try_from(attested.len()).expect("short data");
    let object = [
        &b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..],
        &[length],
        &attested,
    ]
    .concat();
    let used = [&hash[..], &[5, 0, 0, 0, 6]].concat();
    let extended = [&hash[..], &[0x85, 0, 0, 0, 6, 0xa0]].concat();
    let json = r#"{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA","transports":["usb"],"authenticatorData":"AA","signature":"AA","userHandle":"AA"}}"#;
    let der = [&[0x30, 68, 2, 32], &[1; 32][..], &[2, 32], &[2; 32][..]].concat();
    vec![
        seed(0, json),
        seed(1, object),
        seed(2, used),
        seed(2, extended),
        seed(3, page("webauthn.get")),
        seed(4, key),
        seed(4, der),
    ]
}
