//! Random values in the forms and sizes in which AWS issues them.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}

fn characters(alphabet: &[u8], bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len()))
        .map(|byte| char::from(*byte))
        .collect()
}

fn base64url<const COUNT: usize>() -> String {
    Base64UrlUnpadded::encode_string(&bytes::<COUNT>())
}

pub(crate) fn client_id() -> String {
    base64url::<24>()
}

pub(crate) fn device_code() -> String {
    base64url::<64>()
}

/// `BCDF-GHJK`: eight consonants, so that no code is a word or has a digit that looks like a letter.
pub(crate) fn user_code() -> String {
    let code = characters(b"BCDFGHJKLMNPQRSTVWXZ", &bytes::<8>());
    let (first, second) = code.split_at(4);
    format!("{first}-{second}")
}

/// 20 characters; the prefix is `AKIA` for a long-term key and `ASIA` for a temporary one.
pub(crate) fn access_key_id(prefix: &str) -> String {
    format!("{prefix}{}", characters(BASE32, &bytes::<16>()))
}

/// 40 characters of base64, which may include `/` and `+`.
pub(crate) fn secret_access_key() -> String {
    Base64::encode_string(&bytes::<30>())
}

/// About 800 characters of base64 with the prefix of real ones.
pub(crate) fn session_token() -> String {
    format!("IQoJb3JpZ2luX2Vj{}", Base64::encode_string(&bytes::<589>()))
}

/// An SSO token; `kind` is `a` for an access token and `r` for a refresh token.
pub(crate) fn sso_token(kind: char) -> String {
    format!(
        "ao{kind}AAAAAG{}:{}",
        base64url::<180>(),
        base64url::<105>()
    )
}

/// A client secret: like AWS's, a JWT of one to two kilobytes that only the service reads.
pub(crate) fn client_secret(claims: &Value) -> String {
    let header = br#"{"kid":"key-1564028099","alg":"HS384"}"#;
    let payload = json!({ "serialized": claims.to_string(), "encrypted": base64url::<600>() });
    format!(
        "{}.{}.{}",
        Base64UrlUnpadded::encode_string(header),
        Base64UrlUnpadded::encode_string(payload.to_string().as_bytes()),
        base64url::<48>()
    )
}

/// A version 4 UUID, the form of request ids.
pub(crate) fn uuid() -> String {
    uuid::Builder::from_random_bytes(bytes())
        .into_uuid()
        .to_string()
}

/// A role id: the prefix and 17 characters, which are the same for the same name in every run.
pub(crate) fn role_id(prefix: &str, name: &str) -> String {
    let digest = Sha256::digest(name);
    let (id, _) = digest.split_at(17);
    format!("{prefix}{}", characters(BASE32, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_aws() {
        assert_eq!(access_key_id("ASIA").len(), 20);
        assert_eq!(secret_access_key().len(), 40);
        assert_eq!(user_code().len(), 9);
        assert_eq!(uuid().len(), 36);
        assert_eq!(role_id("AROA", "a").len(), 21);
        let secret = client_secret(&json!({ "clientName": "x" }));
        assert!((1000..2000).contains(&secret.len()), "{}", secret.len());
        assert!(session_token().len() > 700);
    }

    #[test]
    fn values_do_not_repeat() {
        assert_ne!(device_code(), device_code());
        assert_ne!(uuid(), uuid());
    }
}
