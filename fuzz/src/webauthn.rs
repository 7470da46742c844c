//! Responses of authenticators: each reader of passkeys.

use crate::Target;
use edge_auth::domain::webauthn::cose::{ALGORITHMS, PublicKey};
use edge_auth::domain::webauthn::credential::{
    AssertionResponse, AttestationResponse, CredentialJson,
};
use edge_auth::domain::webauthn::{
    Assertion, Ceremony, MAX_CREDENTIAL_ID_BYTES, Registration, Stored, signature,
};
use edge_auth::json;
use sha2::{Digest, Sha256};

/// One target for each reader.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "webauthn_credential",
        run: credential,
        seeds: credentials,
        words: &["public-key", "clientDataJSON", "transports", "userHandle"],
    },
    Target {
        name: "webauthn_attestation",
        run: attestation_object,
        seeds: attestation_objects,
        words: &[
            "fmt", "none", "packed", "attStmt", "authData", "alg", "sig", "x5c",
        ],
    },
    Target {
        name: "webauthn_assertion",
        run: authenticator_data,
        seeds: all_authenticator_data,
        words: &["\0\0\0\0"],
    },
    Target {
        name: "webauthn_client_data",
        run: client_data,
        seeds: all_client_data,
        words: &[
            "webauthn.create",
            "webauthn.get",
            "\"crossOrigin\":true",
            "\"topOrigin\":\"",
        ],
    },
    Target {
        name: "webauthn_key",
        run: key,
        seeds: keys,
        // Labels of COSE with their values, and the heads of 32 bytes.
        words: &["\u{1}\u{2}", "\u{3}&", "!X ", "\"X "],
    },
    Target {
        name: "webauthn_signature",
        run: signature_in_der,
        seeds: signatures,
        // The heads of a sequence and of numbers.
        words: &["0\u{6}", "\u{2}\u{1}", "\u{2} ", "\u{2}!\0"],
    },
];

const ORIGIN: &str = "https://auth.example.com";
const RP_ID: &str = "example.com";
const CHALLENGE: [u8; 32] = [7; 32];
const FLAGS: usize = 32;

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
fn credential(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(credential) = json::from_str::<CredentialJson>(&text) else {
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

/// A key that is accepted has one of the supported algorithms.
fn key(bytes: &[u8]) {
    if let Ok(key) = PublicKey::read(bytes) {
        assert!(ALGORITHMS.contains(&key.algorithm()));
        // The head of the map and its entries for kind and algorithm.
        assert!(bytes.len() > 35);
    }
}

/// A signature in DER has one spelling.
fn signature_in_der(bytes: &[u8]) {
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

fn ed25519_key() -> Vec<u8> {
    [
        &[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32],
        &[9; 32][..],
    ]
    .concat()
}

fn credentials() -> Vec<Vec<u8>> {
    let response = |fields: &str| {
        format!(
            r#"{{"id":"AQ","rawId":"AQ","type":"public-key","response":{{"clientDataJSON":"e30",{fields}}}}}"#
        )
        .into_bytes()
    };
    vec![
        response(r#""attestationObject":"oA","transports":["usb"]"#),
        response(r#""authenticatorData":"AA","signature":"AA","userHandle":"AA""#),
        response(r#""authenticatorData":"AA","signature":"AA","userHandle":null"#),
    ]
}

fn attestation_objects() -> Vec<Vec<u8>> {
    let hash = Sha256::digest(RP_ID);
    let objects = [0x45, 0x4d, 0x5d].map(|flags| {
        let key = ed25519_key();
        let data = [&hash[..], &[flags, 0, 0, 0, 0], &[0; 16], &[0, 1, 1], &key].concat();
        let length = u8::try_from(data.len()).expect("short data");
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
        [&head[..], &[length], &data].concat()
    });
    objects.to_vec()
}

fn all_authenticator_data() -> Vec<Vec<u8>> {
    let hash = Sha256::digest(RP_ID);
    vec![
        [&hash[..], &[5, 0, 0, 0, 6]].concat(),
        [&hash[..], &[5, 0, 0, 0, 5]].concat(),
        [&hash[..], &[0x85, 0, 0, 0, 6, 0xa0]].concat(),
    ]
}

fn all_client_data() -> Vec<Vec<u8>> {
    let used = page("webauthn.get");
    let with_mark = [b"\xef\xbb\xbf", &used[..]].concat();
    vec![used, with_mark, page("webauthn.create")]
}

fn keys() -> Vec<Vec<u8>> {
    let es256 = [
        &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32],
        &[9; 32][..],
        &[0x22, 0x58, 32],
        &[8; 32],
    ];
    let rs256 = [
        &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0][..],
        &[0xff; 256],
        &[0x21, 0x43, 1, 0, 1],
    ];
    vec![ed25519_key(), es256.concat(), rs256.concat()]
}

fn signatures() -> Vec<Vec<u8>> {
    let short = [&[0x30, 68, 2, 32], &[1; 32][..], &[2, 32], &[2; 32]].concat();
    let long = [
        &[0x30, 70, 2, 33, 0],
        &[0xff; 32][..],
        &[2, 33, 0],
        &[0xfe; 32],
    ]
    .concat();
    vec![short, long, vec![0x30, 6, 2, 1, 1, 2, 1, 1]]
}
