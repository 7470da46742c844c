//! Attestation objects: any bytes, and any bytes in the place of a part of them.

use super::assertion::AuthenticatorData;
use super::{cbor, ceremony, message, page, rp_id_hash};
use crate::{Target, choose};
use edge_auth::domain::webauthn::cose::PublicKey;
use edge_auth::domain::webauthn::credential::AttestationResponse;
use edge_auth::domain::webauthn::{
    MAX_CREDENTIAL_ID_BYTES, Registration, Signed, signature as es256,
};

pub const TARGET: Target = Target {
    name: "webauthn_attestation",
    run,
    seeds,
    words: &[
        "cfmt",
        "dnone",
        "fpacked",
        "gattStmt",
        "hauthData",
        "calg",
        "csig",
        "cx5c",
        "ax\u{0}",
    ],
};

const MAX_BYTES: usize = 8_192;

fn run(input: &[u8]) {
    check(input);
    let keys = super::key::keys();
    let data = |rest: &[u8]| authenticator_data(0x45, &[1], &keys[0], rest);
    let none = |data: &[u8]| object(b"dnone", &[0xa0], data);
    check(&none(input));
    let (flags, rest) = choose(input);
    check(&none(&authenticator_data(flags, &[1], &keys[0], rest)));
    if let Some(start) = 32_usize.checked_sub(input.len()) {
        let mut other = data(&[]);
        other[start..32].copy_from_slice(input);
        check(&none(&other));
    }
    check(&with_member(&none(&data(&[])), input));
    check(&[&none(&data(&[])), input].concat());
    let key = with_member(&keys[0], input);
    check(&none(&authenticator_data(0x45, &[1], &key, &[])));
    check(&object(b"dnone", input, &data(&[])));
    check(&object(b"fpacked", input, &data(&[])));
    let statement = with_member(&self_attestation(0x27, &[7; 64]), input);
    check(&object(b"fpacked", &statement, &data(&[])));
    // An id of up to 1,275 bytes, because libFuzzer seldom makes long inputs.
    let number = |place: usize| usize::from(input.get(place).copied().unwrap_or(1));
    let id = vec![1; number(0) * 4 + number(1)];
    check(&none(&authenticator_data(0x45, &id, &keys[0], &[])));
}

fn check(object: &[u8]) {
    let response = AttestationResponse {
        id: vec![1],
        client_data: page("webauthn.create"),
        attestation_object: object.to_vec(),
        transports: Vec::new(),
    };
    if let Ok(registration) = Registration::read(&response, &ceremony()) {
        assert!(object.len() <= MAX_BYTES);
        compare(object, &registration);
    }
}

/// The new passkey is the one in the object.
fn compare(object: &[u8], found: &Registration) {
    let (members, rest) = cbor::map(object);
    assert!(rest.is_empty());
    let member = |name| cbor::named(&members, name).expect("a member");
    let bytes = cbor::bytes(member("authData")).expect("bytes");
    let data = AuthenticatorData::new(bytes);
    let (id, key) = data.credential.expect("a credential");
    assert!((1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len()));
    assert_eq!(found.credential_id, id);
    assert_eq!(found.cose, key);
    assert_eq!(found.public_key, super::key::read(key));
    assert_eq!(PublicKey::read(key).as_ref(), Ok(&found.public_key));
    assert_eq!(found.sign_count, data.sign_count);
    assert_eq!(found.is_backup_eligible, data.is_backup_eligible);
    assert_eq!(found.is_backed_up, data.is_backed_up);
    let (statement, rest) = cbor::map(member("attStmt"));
    assert!(rest.is_empty());
    match cbor::text(member("fmt")).expect("a text") {
        b"none" => {
            assert!(statement.is_empty());
            assert_eq!(found.signed, None);
        }
        b"packed" => {
            let member = |name| cbor::named(&statement, name);
            assert_eq!(member("x5c"), None);
            let algorithm = cbor::number(member("alg").expect("an algorithm"));
            assert_eq!(algorithm, Some(found.public_key.algorithm().into()));
            let signature = cbor::bytes(member("sig").expect("a signature")).expect("bytes");
            let signature = match found.public_key {
                PublicKey::Es256 { .. } => es256::p1363(signature).expect("DER").to_vec(),
                _ => signature.to_vec(),
            };
            let signed = Signed {
                key: found.public_key.clone(),
                message: message(bytes, &page("webauthn.create")),
                signature,
            };
            assert_eq!(found.signed, Some(signed));
        }
        _ => panic!("this format is not supported"),
    }
}

/// Authenticator data with a new credential.
fn authenticator_data(flags: u8, id: &[u8], key: &[u8], extensions: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).expect("a short id").to_be_bytes();
    [
        &rp_id_hash(),
        &[flags, 0, 0, 0, 0][..],
        &[0; 16],
        &length,
        id,
        key,
        extensions,
    ]
    .concat()
}

/// An attestation object with this statement.
fn object(format: &[u8], statement: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short data").to_be_bytes();
    [
        b"\xa3cfmt",
        format,
        b"gattStmt",
        statement,
        b"hauthData\x59",
        &length,
        data,
    ]
    .concat()
}

/// The statement of a self attestation.
fn self_attestation(algorithm: u8, signature: &[u8]) -> Vec<u8> {
    let length = u8::try_from(signature.len()).expect("a short signature");
    let head = [b"\xa2calg", &[algorithm][..], b"csig\x58", &[length]];
    [&head.concat(), signature].concat()
}

/// The map with another member at its start.
pub fn with_member(map: &[u8], member: &[u8]) -> Vec<u8> {
    [&[map[0] + 1], member, &map[1..]].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let keys = super::key::keys();
    let (ed25519, es256) = (&keys[0], &keys[1]);
    let plain = authenticator_data(0x5d, &[1], ed25519, &[]);
    let of_es256 = authenticator_data(0x45, &[1], es256, &[]);
    let der = [&[0x30, 68, 2, 32], &[1; 32][..], &[2, 32], &[2; 32]].concat();
    let signed = self_attestation(0x26, &der);
    vec![
        object(b"dnone", &[0xa0], &plain),
        object(b"fpacked", &signed, &of_es256),
        plain,
        signed,
        // Members that are ignored, and outputs of extensions.
        b"cver\x01".to_vec(),
        b"cverdnone".to_vec(),
        b"\xc5\xa1kcredProtect\x02".to_vec(),
        [&[0xc5, 0xb8, 24], &[0; 48][..]].concat(),
        // The longest id.
        vec![192, 255],
    ]
}
