//! Which private keys are read.

use super::*;
use serde_json::{Value, json};

const KEY: &str = include_str!("../../../tests/vectors/signing_key_1.json");

/// The key of RFC 7515 section A.3, with the members that RFC 7517 gives it here.
const PUBLISHED: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","alg":"ES256","use":"sig"}"#;

/// The key with one member replaced.
fn with(name: &str, value: Value) -> String {
    let mut key: Value = serde_json::from_str(KEY).unwrap();
    key[name] = value;
    key.to_string()
}

fn text(bytes: &[u8]) -> Value {
    Base64UrlUnpadded::encode_string(bytes).into()
}

#[test]
fn key_is_read_and_its_public_half_has_no_private_member() {
    for private in [KEY, PUBLISHED] {
        let key = SigningKey::parse(private).unwrap();
        let mut expected: Value = serde_json::from_str(private).unwrap();
        assert_eq!(key.kid(), expected["kid"]);
        assert_eq!(key.private_number().reveal(), expected["d"]);
        expected.as_object_mut().unwrap().remove("d");
        assert_eq!(json!(key.public()), expected);
    }
}

#[test]
fn debug_is_redacted() {
    let key = SigningKey::parse(KEY).unwrap();
    let keys = SigningKeys::new(key.clone(), vec![key]);
    let shown = format!("{keys:?}");
    let private: Value = serde_json::from_str(KEY).unwrap();
    assert!(!shown.contains(private["d"].as_str().unwrap()), "{shown}");
    assert_eq!(shown.matches("Secret(redacted)").count(), 2);
}

#[test]
fn key_without_exactly_its_members_is_refused() {
    let mut refused = vec![
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{KEY}]"),
        format!("{KEY}{KEY}"),
        KEY.replacen('{', r#"{"kty":"EC","#, 1),
        with("key_ops", json!(["sign"])),
        with("ext", json!(false)),
        with("kty", json!("RSA")),
        with("kty", json!("OKP")),
        with("kty", json!("ec")),
        with("crv", json!("P-384")),
        with("crv", json!("secp256k1")),
        with("alg", json!("ES384")),
        with("alg", json!("none")),
        with("use", json!("enc")),
    ];
    for name in MEMBERS {
        refused.extend([Value::Null, json!(1), json!([])].map(|value| with(name, value)));
        refused.push(KEY.replacen(&format!("\"{name}\":"), "\"other\":", 1));
        let mut key: Value = serde_json::from_str(KEY).unwrap();
        key.as_object_mut().unwrap().remove(name);
        refused.push(key.to_string());
    }
    for key in refused {
        assert_eq!(SigningKey::parse(&key), Err(KeyError::Members), "{key}");
    }
}

#[test]
fn number_of_another_length_or_spelling_is_refused() {
    for (name, expected) in [
        ("x", KeyError::Coordinate),
        ("y", KeyError::Coordinate),
        ("d", KeyError::PrivateNumber),
    ] {
        let key: Value = serde_json::from_str(KEY).unwrap();
        let own = key[name].as_str().unwrap();
        let bytes = number(own).unwrap();
        for value in [
            json!(""),
            text(&bytes[..31]),
            text(&[&bytes[..], &[0]].concat()),
            text(&[&[0], &bytes[..]].concat()),
            json!(format!("{own}=")),
            json!(format!(" {own}")),
            json!(format!("{own}\n")),
            json!("A".repeat(10_000)),
            // The last character has two unused bits.
            json!(format!("{}{}", &own[..42], unused_bits(own))),
        ] {
            let found = SigningKey::parse(&with(name, value.clone()));
            assert_eq!(found, Err(expected), "{name} {value}");
        }
    }
}

/// The next character after the last one of a canonical spelling, which encodes the same byte.
fn unused_bits(own: &str) -> char {
    let last = char::from(own.as_bytes()[42]);
    char::from_u32(u32::from(last) + 1).unwrap()
}

#[test]
fn placeholder_for_the_private_number_is_refused() {
    let mut one = [0; 32];
    one[31] = 1;
    let order = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";
    for value in [text(&[0; 32]), text(&one), text(&[0xff; 32]), order.into()] {
        let found = SigningKey::parse(&with("d", value.clone()));
        assert_eq!(found, Err(KeyError::PrivateNumber), "{value}");
    }
}

#[test]
fn key_id_that_is_not_the_thumbprint_is_refused() {
    let other = SigningKey::parse(PUBLISHED).unwrap();
    let (x, y) = (text(other.point().0), text(other.point().1));
    let kid = json!(other.kid());
    for key in [
        with("kid", json!("")),
        with("kid", json!("1")),
        with("kid", kid),
        with("x", x),
        with("y", y),
    ] {
        assert_eq!(SigningKey::parse(&key), Err(KeyError::KeyId), "{key}");
    }
}
