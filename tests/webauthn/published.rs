//! Published vectors: the ceremonies of the W3C, and the signatures of Wycheproof.

use crate::authenticator;
use edge_auth::app::passkeys::{authenticate, register};
use edge_auth::domain::webauthn::Refusal::{
    Algorithm, AttestationFormat, CrossOrigin, UserVerification,
};
use edge_auth::domain::webauthn::cose::PublicKey;
use edge_auth::domain::webauthn::credential::{AssertionResponse, AttestationResponse};
use edge_auth::domain::webauthn::{Ceremony, Refusal, Registration, Signed, Stored, signature};
use edge_auth::runtime::signatures;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const W3C: &str = include_str!("../vectors/webauthn_l3.json");
const ECDSA: &str = include_str!("../vectors/wycheproof_ecdsa_p256_sha256_p1363.json");
const ED25519: &str = include_str!("../vectors/wycheproof_ed25519.json");

/// The bit "user verified". Most of the vectors do not set it.
const USER_VERIFIED: u8 = 4;
/// Where the flags are in authenticator data.
const FLAGS: usize = 32;

fn bytes(hex: &Value) -> Vec<u8> {
    base16ct::lower::decode_vec(hex.as_str().expect("a text")).expect("hexadecimal digits")
}

struct Vector {
    name: String,
    registration: AttestationResponse,
    registration_challenge: Vec<u8>,
    assertion: AssertionResponse,
    assertion_challenge: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let all: Value = serde_json::from_str(W3C).unwrap();
    let vectors: &Map<String, Value> = all["vectors"].as_object().unwrap();
    let vector = |(name, vector): (&String, &Value)| {
        let (created, used) = (&vector["registration"], &vector["authentication"]);
        Vector {
            name: name.clone(),
            registration: AttestationResponse {
                id: bytes(&created["credential_id"]),
                client_data: bytes(&created["clientDataJSON"]),
                attestation_object: bytes(&created["attestationObject"]),
                transports: Vec::new(),
            },
            registration_challenge: bytes(&created["challenge"]),
            assertion: AssertionResponse {
                id: bytes(&created["credential_id"]),
                client_data: bytes(&used["clientDataJSON"]),
                authenticator_data: bytes(&used["authenticatorData"]),
                signature: bytes(&used["signature"]),
                user_handle: None,
            },
            assertion_challenge: bytes(&used["challenge"]),
        }
    };
    vectors.iter().map(vector).collect()
}

fn ceremony(challenge: &[u8]) -> Ceremony<'_> {
    Ceremony {
        origin: "https://example.org",
        relying_party_id: "example.org",
        challenge,
    }
}

/// The attestation object in the format `none`, with the bit "user verified". In this format, no signature covers the bit.
fn without_attestation(attestation_object: &[u8]) -> Vec<u8> {
    let mut reader = minicbor::Decoder::new(attestation_object);
    let members = reader.map().unwrap().unwrap();
    for _ in 0..members {
        if reader.str().unwrap() == "authData" {
            let mut data = reader.bytes().unwrap().to_vec();
            data[FLAGS] |= USER_VERIFIED;
            return authenticator::attestation_object(&data);
        }
        reader.skip().unwrap();
    }
    panic!("no authenticator data");
}

fn refusals(expected: &[(&str, Result<(), Refusal>)]) -> BTreeMap<String, Result<(), Refusal>> {
    let named = |(name, result): &(&str, _)| ((*name).to_owned(), *result);
    expected.iter().map(named).collect()
}

#[tokio::test]
async fn w3c_registrations_are_refused_only_for_what_the_service_does_not_accept() {
    let mut found = BTreeMap::new();
    for vector in vectors() {
        let ceremony = ceremony(&vector.registration_challenge);
        let result = register::verify(&vector.registration, &ceremony).await;
        found.insert(vector.name, result.map(|_| ()));
    }
    let expected = refusals(&[
        (
            "ES256 Credential with No Attestation",
            Err(UserVerification),
        ),
        ("ES256 Credential with Self Attestation", Ok(())),
        (
            "ES256 Credential with \"crossOrigin\": true in clientDataJSON",
            Err(CrossOrigin),
        ),
        (
            "ES256 Credential with \"topOrigin\" in clientDataJSON",
            Err(CrossOrigin),
        ),
        (
            "ES256 Credential with very long credential ID",
            Err(UserVerification),
        ),
        (
            "Packed Attestation with ES256 Credential",
            Err(AttestationFormat),
        ),
        (
            "Packed Attestation with ES384 Credential",
            Err(AttestationFormat),
        ),
        (
            "Packed Attestation with ES512 Credential",
            Err(AttestationFormat),
        ),
        (
            "Packed Attestation with RS256 Credential",
            Err(AttestationFormat),
        ),
        (
            "Packed Attestation with Ed25519 Credential",
            Err(AttestationFormat),
        ),
        (
            "Packed Attestation with Ed448 Credential",
            Err(AttestationFormat),
        ),
        (
            "TPM Attestation with ES256 Credential",
            Err(AttestationFormat),
        ),
        (
            "Android Key Attestation with ES256 Credential",
            Err(AttestationFormat),
        ),
        (
            "Apple Anonymous Attestation with ES256 Credential",
            Err(AttestationFormat),
        ),
        (
            "FIDO U2F Attestation with ES256 Credential",
            Err(AttestationFormat),
        ),
    ]);
    assert_eq!(found, expected);
}

/// The same registrations, as a browser sends them if no attestation is requested and the user is verified. Then the assertions.
#[tokio::test]
async fn w3c_ceremonies_without_attestation_are_accepted_for_the_offered_algorithms() {
    let (mut created, mut used) = (BTreeMap::new(), BTreeMap::new());
    for mut vector in vectors() {
        let object = without_attestation(&vector.registration.attestation_object);
        vector.registration.attestation_object = object;
        let result = register::verify(
            &vector.registration,
            &ceremony(&vector.registration_challenge),
        )
        .await;
        if let Ok(registration) = &result {
            used.insert(vector.name.clone(), assertion(&vector, registration).await);
        }
        created.insert(vector.name, result.map(|_| ()));
    }
    let expected = refusals(&[
        ("ES256 Credential with No Attestation", Ok(())),
        ("ES256 Credential with Self Attestation", Ok(())),
        (
            "ES256 Credential with \"crossOrigin\": true in clientDataJSON",
            Err(CrossOrigin),
        ),
        (
            "ES256 Credential with \"topOrigin\" in clientDataJSON",
            Err(CrossOrigin),
        ),
        ("ES256 Credential with very long credential ID", Ok(())),
        ("Packed Attestation with ES256 Credential", Ok(())),
        ("Packed Attestation with ES384 Credential", Err(Algorithm)),
        ("Packed Attestation with ES512 Credential", Err(Algorithm)),
        ("Packed Attestation with RS256 Credential", Ok(())),
        ("Packed Attestation with Ed25519 Credential", Ok(())),
        ("Packed Attestation with Ed448 Credential", Err(Algorithm)),
        ("TPM Attestation with ES256 Credential", Ok(())),
        ("Android Key Attestation with ES256 Credential", Ok(())),
        ("Apple Anonymous Attestation with ES256 Credential", Ok(())),
        ("FIDO U2F Attestation with ES256 Credential", Ok(())),
    ]);
    assert_eq!(created, expected);
    let expected = refusals(&[
        (
            "ES256 Credential with No Attestation",
            Err(UserVerification),
        ),
        (
            "ES256 Credential with Self Attestation",
            Err(UserVerification),
        ),
        ("ES256 Credential with very long credential ID", Ok(())),
        ("Packed Attestation with ES256 Credential", Ok(())),
        (
            "Packed Attestation with RS256 Credential",
            Err(UserVerification),
        ),
        (
            "Packed Attestation with Ed25519 Credential",
            Err(UserVerification),
        ),
        ("TPM Attestation with ES256 Credential", Ok(())),
        (
            "Android Key Attestation with ES256 Credential",
            Err(UserVerification),
        ),
        (
            "Apple Anonymous Attestation with ES256 Credential",
            Err(UserVerification),
        ),
        (
            "FIDO U2F Attestation with ES256 Credential",
            Err(UserVerification),
        ),
    ]);
    assert_eq!(used, expected);
}

/// The result of the vector's assertion. Its signature must be valid even where the user was not verified.
async fn assertion(vector: &Vector, registration: &Registration) -> Result<(), Refusal> {
    let response = &vector.assertion;
    let hash = Sha256::digest(&response.client_data);
    let signed = Signed {
        key: registration.public_key.clone(),
        message: [&response.authenticator_data[..], &hash].concat(),
        signature: match registration.public_key {
            PublicKey::Es256 { .. } => signature::p1363(&response.signature).unwrap().to_vec(),
            _ => response.signature.clone(),
        },
    };
    assert_eq!(signatures::verify(&signed).await, Ok(()), "{}", vector.name);
    let stored = Stored {
        public_key: registration.public_key.clone(),
        sign_count: registration.sign_count,
        is_backup_eligible: response.authenticator_data[FLAGS] & 8 != 0,
        user_handle: [0; 16],
    };
    let result =
        authenticate::verify(response, &stored, &ceremony(&vector.assertion_challenge)).await;
    result.map(|_| ())
}

/// A number in DER.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut digits = number[zeros..].to_vec();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    [&[2, u8::try_from(digits.len()).unwrap()], &digits[..]].concat()
}

/// The vectors have the numbers side by side. Their results must be the same after a conversion to DER and back.
#[tokio::test]
async fn wycheproof_ecdsa_signatures_have_the_published_results() {
    let all: Value = serde_json::from_str(ECDSA).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in all["testGroups"].as_array().unwrap() {
        let point = bytes(&group["publicKey"]["uncompressed"]);
        let key = PublicKey::Es256 {
            x: point[1..33].try_into().unwrap(),
            y: point[33..].try_into().unwrap(),
        };
        for test in group["tests"].as_array().unwrap() {
            let both = bytes(&test["sig"]);
            let (r, s) = both.split_at(both.len() / 2);
            let numbers = [integer(r), integer(s)].concat();
            let length = u8::try_from(numbers.len()).unwrap();
            let der = [&[0x30, length], &numbers[..]].concat();
            let is_valid = match signature::p1363(&der) {
                Err(_) => false,
                Ok(p1363) => {
                    let signed = Signed {
                        key: key.clone(),
                        message: bytes(&test["msg"]),
                        signature: p1363.to_vec(),
                    };
                    signatures::verify(&signed).await.is_ok()
                }
            };
            // P1363 has a fixed length, so zeros in excess make a vector invalid. The conversion to DER removes these zeros.
            let was_padded = both.len() != 64 && both.len().is_multiple_of(2);
            let expected = test["result"] == "valid";
            assert!(is_valid == expected || was_padded, "{test}");
            *(if expected { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert!(valid > 150 && invalid > 50, "{valid} {invalid}");
}

#[tokio::test]
async fn wycheproof_ed25519_signatures_have_the_published_results() {
    let all: Value = serde_json::from_str(ED25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in all["testGroups"].as_array().unwrap() {
        let key = PublicKey::Ed25519(bytes(&group["publicKey"]["pk"]).try_into().unwrap());
        for test in group["tests"].as_array().unwrap() {
            let signed = Signed {
                key: key.clone(),
                message: bytes(&test["msg"]),
                signature: bytes(&test["sig"]),
            };
            let expected = test["result"] == "valid";
            assert_eq!(
                signatures::verify(&signed).await.is_ok(),
                expected,
                "{test}"
            );
            *(if expected { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert!(valid > 80 && invalid > 50, "{valid} {invalid}");
}
