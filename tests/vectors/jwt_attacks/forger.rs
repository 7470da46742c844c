//! Splits a valid token, and signs altered tokens with its secret.

use super::HEADER;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A valid token and its parts.
pub(super) struct Forger {
    pub(super) secret: String,
    pub(super) genuine: String,
    pub(super) claims: String,
    pub(super) parsed: serde_json::Value,
}

impl Forger {
    pub(super) fn new(secret: &str, genuine: &str) -> Self {
        let payload = genuine.split('.').nth(1).expect("a middle part");
        let claims = Base64UrlUnpadded::decode_vec(payload).expect("base64url");
        let claims = String::from_utf8(claims).expect("text");
        Self {
            secret: secret.to_owned(),
            genuine: genuine.to_owned(),
            parsed: serde_json::from_str(&claims).expect("JSON"),
            claims,
        }
    }

    pub(super) fn sign(&self, signed: &str) -> String {
        format!("{signed}.{}", url(&hs256(self.secret.as_bytes(), signed)))
    }

    pub(super) fn token(&self, header: &str, claims: &str) -> String {
        self.sign(&format!(
            "{}.{}",
            url(header.as_bytes()),
            url(claims.as_bytes())
        ))
    }

    /// The value of a claim, as it is written in the token.
    pub(super) fn raw(&self, name: &str) -> String {
        self.parsed.get(name).expect("the claim").to_string()
    }

    pub(super) fn seconds(&self, name: &str) -> i64 {
        self.parsed[name].as_i64().expect("whole seconds")
    }

    /// The claims with one value replaced.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let before = format!(r#""{name}":{}"#, self.raw(name));
        assert_eq!(self.claims.matches(&before).count(), 1, "{name}");
        self.claims
            .replace(&before, &format!(r#""{name}":{value}"#))
    }

    /// The claims, with this text at the end.
    pub(super) fn and(&self, more: &str) -> String {
        let open = self.claims.strip_suffix('}').expect("an object");
        format!("{open},{more}}}")
    }

    pub(super) fn without(&self, name: &str) -> String {
        let member = format!(r#""{name}":{}"#, self.raw(name));
        self.claims
            .replace(&format!("{member},"), "")
            .replace(&format!(",{member}"), "")
    }

    pub(super) fn reordered(&self) -> String {
        let generation = format!(r#""gen":{}"#, self.raw("gen"));
        self.without("gen")
            .replacen('{', &format!("{{{generation},"), 1)
    }

    /// The same claims in a token of this length, padded with white space; `None` for lengths that base64 cannot have.
    pub(super) fn padded_to(&self, length: usize) -> Option<String> {
        // Four characters encode three bytes. The range begins a few spaces earlier and ends after the length.
        let missing = length - self.genuine.len();
        (missing / 4 * 3 - 6..missing)
            .map(|spaces| {
                let filled = format!("{{{}", " ".repeat(spaces));
                self.token(HEADER, &self.claims.replacen('{', &filled, 1))
            })
            .find(|token| token.len() >= length)
            .filter(|token| token.len() == length)
    }

    /// A valid token whose tag meets a condition that about one tag in a few hundred meets.
    pub(super) fn with_tag(&self, is_wanted: impl Fn(&[u8]) -> bool) -> (String, Vec<u8>) {
        (0..8192)
            .map(|generation: u32| {
                // Any generation is valid, so each number gives another payload.
                let claims = self.with("gen", &generation.to_string());
                let signed = format!("{}.{}", url(HEADER.as_bytes()), url(claims.as_bytes()));
                let tag = hs256(self.secret.as_bytes(), &signed);
                (signed, tag)
            })
            .find(|(_, tag)| is_wanted(tag))
            .expect("a tag in eight thousand")
    }
}

pub(super) fn hs256(secret: &[u8], signed: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Replaces the last character, which has unused bits, with the next one of the alphabet: another text with the same
/// bytes.
pub(super) fn respell(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len() - 1);
    let place = ALPHABET.find(last).expect("base64url");
    assert_eq!(place % 4, 0, "no unused bits in {text}");
    format!("{rest}{}", &ALPHABET[place + 1..=place + 1])
}
