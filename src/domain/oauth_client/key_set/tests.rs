//! Tests of the keys of OAuth clients.

use super::*;
use crate::json;

fn read(text: &str) -> Option<KeySet> {
    KeySet::read(json::from_str(text).ok()?)
}

fn set(keys: &[&str]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

// RFC 7515 appendix A.3.1, without the private member.
const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
// RFC 8037 appendix A.2.
const ED25519: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// A modulus of this many bytes.
fn rsa_of(bytes: usize, first: u8) -> String {
    let mut modulus = vec![0x5a; bytes];
    modulus[0] = first;
    modulus[bytes - 1] = 1;
    let n = Base64UrlUnpadded::encode_string(&modulus);
    format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#)
}

fn with(key: &str, member: &str) -> String {
    format!("{},{member}}}", &key[..key.len() - 1])
}

#[test]
fn keys_of_each_type_are_read_and_shown_again() {
    let rsa = rsa_of(256, 0x80);
    for (key, algorithm) in [(EC, "ES256"), (ED25519, "EdDSA"), (&rsa, "RS256")] {
        let keys = read(&set(&[key])).unwrap();
        let shown = serde_json::to_string(&keys).unwrap();
        assert_eq!(read(&shown), Some(keys), "{key}");
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let given: serde_json::Value = serde_json::from_str(key).unwrap();
        let shown = &shown["keys"][0];
        for (name, value) in given.as_object().unwrap() {
            assert_eq!(&shown[name], value, "{name}");
        }
        assert_eq!(
            (&shown["alg"], &shown["use"]),
            (&algorithm.into(), &"sig".into())
        );
        assert!(shown["kid"].is_string(), "{shown}");
    }
}

#[test]
fn id_is_the_given_one_or_the_thumbprint() {
    // RFC 8037 appendix A.3.
    let keys = read(&set(&[ED25519])).unwrap();
    let id = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(keys.keys()[0].id, id);
    let keys = read(&set(&[&with(ED25519, r#""kid":"2024-01""#)])).unwrap();
    assert_eq!(keys.keys()[0].id, "2024-01");
    for id in ["", " ", "a b", "\u{e4}", &"x".repeat(129)] {
        let key = with(ED25519, &format!(r#""kid":"{id}""#));
        assert_eq!(read(&set(&[&key])), None, "{id}");
    }
}

#[test]
fn private_and_symmetric_keys_are_refused() {
    let rsa = rsa_of(256, 0x80);
    for key in [EC, ED25519, &rsa] {
        for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            let key = with(key, &format!(r#""{member}":"AQAB""#));
            assert_eq!(read(&set(&[&key])), None, "{key}");
        }
        let several = with(key, r#""oth":[{"r":"AQAB"}]"#);
        assert_eq!(read(&set(&[&several])), None, "{several}");
        // Of another type, so that a check of the type does not hide it.
        let key = with(key, r#""d":{"a":[1]}"#);
        assert_eq!(read(&set(&[&key])), None, "{key}");
    }
    assert_eq!(read(&set(&[r#"{"kty":"oct","k":"AQAB"}"#])), None);
}

#[test]
fn key_that_the_service_cannot_use_is_refused() {
    for key in [
        "{}".to_owned(),
        r#"{"kty":"EC"}"#.to_owned(),
        EC.replace("P-256", "P-384"),
        EC.replace("P-256", "secp256k1"),
        EC.replace("\"EC\"", "\"OKP\""),
        EC.replace("f83O", "f83"),
        EC.replace("f83O", "f83Of83O"),
        EC.replace("EU\"", "EV\""),
        EC.replace("EU\"", "EU=\""),
        EC.replace("x_FE", "x/FE"),
        EC.replace(r#""y""#, r#""z""#),
        ED25519.replace("Ed25519", "X25519"),
        ED25519.replace("Ed25519", "Ed448"),
        with(ED25519, r#""use":"enc""#),
        with(ED25519, r#""alg":"ES256""#),
        with(EC, r#""alg":"none""#),
        with(EC, r#""alg":"HS256""#),
        rsa_of(255, 0xff),
        rsa_of(256, 0x7f),
        rsa_of(513, 0x80),
        rsa_of(256, 0x80).replace("AQAB", "AQ"),
        rsa_of(256, 0x80).replace("AQAB", "AAEAAQ"),
        with(&rsa_of(256, 0x80), r#""crv":"P-256""#),
        with(&rsa_of(256, 0x80), r#""alg":"PS256""#),
    ] {
        assert_eq!(read(&set(&[&key])), None, "{key}");
    }
    for alg in [
        with(EC, r#""alg":"ES256""#),
        with(EC, r#""use":"sig","x5c":["a"]"#),
    ] {
        assert!(read(&set(&[&alg])).is_some(), "{alg}");
    }
}

#[test]
fn set_has_one_to_five_keys_with_distinct_ids() {
    let of = |ids: &[&str]| {
        let keys: Vec<String> = ids
            .iter()
            .map(|id| with(ED25519, &format!(r#""kid":"{id}""#)))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        read(&set(&keys))
    };
    assert!(of(&["a", "b", "c", "d", "e"]).is_some());
    assert_eq!(of(&["a", "b", "c", "d", "e", "f"]), None);
    assert_eq!(of(&["a", "b", "a"]), None);
    assert_eq!(of(&[]), None);
    assert_eq!(read(&set(&[ED25519, ED25519])), None);
    assert!(read(&set(&[ED25519, EC])).is_some());
    for text in [
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[1]}"#,
        "[]",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
