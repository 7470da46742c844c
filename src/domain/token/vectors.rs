//! Published vectors for the functions of jwt-compact by which tokens are verified. Their origins and licences are in
//! `tests/vectors/README.md`.

use super::*;
use jwt_compact::alg::Hs256Signature;
use serde_json::Value;

const HMAC: &str = include_str!("../../../tests/vectors/wycheproof_hmac_sha256.json");
const SIGNATURES: &str =
    include_str!("../../../tests/vectors/wycheproof_json_web_signature_hs256.json");
const RFC_7520: &str = include_str!("../../../tests/vectors/rfc7520_4_4_hmac_sha2.json");

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&text[place..place + 2], 16).unwrap())
        .collect()
}

/// The groups of a Wycheproof file with each of their tests.
fn tests(file: &Value) -> Vec<(&Value, &Value)> {
    let tests: Vec<_> = file["testGroups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| {
            let tests = group["tests"].as_array().unwrap();
            tests.iter().map(move |test| (group, test))
        })
        .collect();
    assert_eq!(tests.len() as u64, file["numberOfTests"].as_u64().unwrap());
    tests
}

/// Length of a MAC.
const TAG_BYTES: usize = 32;

#[test]
fn wycheproof_hmac_sha256() {
    let file = parse(HMAC);
    let (mut whole, mut truncated) = (0, 0);
    for (group, test) in tests(&file) {
        let key = Hs256Key::new(unhex(text(test, "key")));
        let message = unhex(text(test, "msg"));
        let tag = unhex(text(test, "tag"));
        let expected = text(test, "result") == "valid";
        if group["tagSize"] == 256 {
            let tag = <[u8; TAG_BYTES]>::try_from(tag).unwrap();
            assert_eq!(is_mac(&key, &message, tag), expected, "{test}");
            assert_eq!(sign(&key, &message) == tag, expected, "{test}");
            whole += 1;
        } else {
            // HS256 has no truncated tags, so only the beginning can be compared.
            let beginning = &sign(&key, &message)[..tag.len()];
            assert_eq!(beginning == tag, expected, "{test}");
            truncated += 1;
        }
    }
    assert_eq!((whole, truncated), (87, 87));
}

/// Whether the token is well formed and signed with this secret, given as base64url. Its payload need not be JSON, so this
/// does what `Validator::validate` does, without reading claims.
fn is_signed(secret: &str, token: &str) -> bool {
    let Ok(parsed) = UntrustedToken::new(token) else {
        return false;
    };
    let signature = <[u8; TAG_BYTES]>::try_from(parsed.signature_bytes());
    let (signed, _) = token.rsplit_once('.').unwrap();
    parsed.algorithm() == "HS256"
        && signature.is_ok_and(|signature| is_mac(&key(secret), signed.as_bytes(), signature))
}

fn is_mac(key: &Hs256Key, message: &[u8], mac: [u8; TAG_BYTES]) -> bool {
    let signature = Hs256Signature::try_from_slice(&mac).unwrap();
    Hs256.verify_signature(&signature, key, message)
}

/// The key of a secret in base64url.
fn key(secret: &str) -> Hs256Key {
    Hs256Key::new(Base64UrlUnpadded::decode_vec(secret).unwrap())
}

fn sign(key: &Hs256Key, message: &[u8]) -> Vec<u8> {
    Hs256.sign(key, message).as_bytes().into_owned()
}

#[test]
fn wycheproof_json_web_signatures() {
    let file = parse(SIGNATURES);
    let mut first = None;
    for (group, test) in tests(&file) {
        let id = test["tcId"].as_u64().unwrap();
        let jws = text(test, "jws");
        let secret = text(&group["private"], "k");
        if id == 357 {
            first = Some(jws);
        }
        let expected = match id {
            // Labelled as invalid, but the same bytes as 357.
            367 | 370 => {
                assert_eq!(Some(jws), first);
                true
            }
            // Labelled as valid, but `?` is not a character of base64url.
            372 | 373 => {
                assert_eq!(text(test, "result"), "valid");
                false
            }
            _ => text(test, "result") == "valid",
        };
        assert_eq!(is_signed(secret, jws), expected, "{test}");
        // Signed or not, this service did not issue it.
        let keys = Keys {
            current: Key {
                id: "hs256-key".to_owned(),
                secret: key(secret),
            },
            previous: None,
            issuer: String::new(),
            audience: String::new(),
        };
        let verdict = keys.verify(jws, Timestamp::from_seconds(1_704_888_000));
        assert_eq!(verdict, Err(Rejection::Invalid), "{test}");
    }
}

#[test]
fn rfc_7520_section_4_4() {
    let file = parse(RFC_7520);
    let secret = text(&file["input"]["key"], "k");
    let signing = &file["signing"];
    let token = text(&file["output"], "compact");

    let tag = sign(&key(secret), text(signing, "sig-input").as_bytes());
    assert_eq!(Base64UrlUnpadded::encode_string(&tag), text(signing, "sig"));
    assert!(is_signed(secret, token));
}
