//! Splits a valid token, and signs altered tokens with its key.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm,
};
use serde_json::Value;

/// The order of the group, n (SP 800-186 section 3.2.1.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// A valid token and its parts.
pub(super) struct Forger {
    pub(super) jwk: Value,
    pub(super) genuine: String,
    pub(super) header: String,
    pub(super) claims: String,
    pub(super) parsed: Value,
}

impl Forger {
    pub(super) fn new(key: &str, genuine: &str) -> Self {
        let part = |index| {
            let segment = genuine.split('.').nth(index).expect("a part");
            let bytes = Base64UrlUnpadded::decode_vec(segment).expect("base64url");
            String::from_utf8(bytes).expect("text")
        };
        let claims = part(1);
        Self {
            jwk: serde_json::from_str(key).expect("a JWK"),
            genuine: genuine.to_owned(),
            header: part(0),
            parsed: serde_json::from_str(&claims).expect("JSON"),
            claims,
        }
    }

    pub(super) fn kid(&self) -> &str {
        self.jwk["kid"].as_str().expect("a text")
    }

    /// Coordinates or the private number.
    pub(super) fn number(&self, name: &str) -> Vec<u8> {
        let text = self.jwk[name].as_str().expect("a text");
        Base64UrlUnpadded::decode_vec(text).expect("base64url")
    }

    /// The public point in its uncompressed form.
    pub(super) fn point(&self) -> Vec<u8> {
        [vec![4], self.number("x"), self.number("y")].concat()
    }

    fn pair(&self, algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
        let random = SystemRandom::new();
        let (private, public) = (self.number("d"), self.point());
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, &public, &random)
            .expect("a key")
    }

    /// r and s side by side, with an s of at most n / 2.
    pub(super) fn signature(&self, signed: &str) -> Vec<u8> {
        let pair = self.pair(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
        let mut signature = signature.expect("a signature").as_ref().to_vec();
        // The upper half begins with these bytes or greater ones, except once in 2^32 signatures.
        if signature[32..36] > [0x7f, 0xff, 0xff, 0xff][..] {
            negate_s(&mut signature);
        }
        signature
    }

    /// A signature in DER.
    pub(super) fn der(&self, signed: &str) -> Vec<u8> {
        let pair = self.pair(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
        signature.expect("a signature").as_ref().to_vec()
    }

    pub(super) fn sign(&self, signed: &str) -> String {
        format!("{signed}.{}", url(&self.signature(signed)))
    }

    pub(super) fn token(&self, header: &str, claims: &str) -> String {
        self.sign(&message(header, claims))
    }

    /// The genuine message with this signature.
    pub(super) fn with_signature(&self, signature: &[u8]) -> String {
        let (signed, _) = self.genuine.rsplit_once('.').expect("a signature");
        format!("{signed}.{}", url(signature))
    }

    /// The value of a claim, as it is written in the token.
    pub(super) fn raw(&self, name: &str) -> String {
        self.parsed.get(name).expect("the claim").to_string()
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
}

pub(super) fn message(header: &str, claims: &str) -> String {
    format!("{}.{}", url(header.as_bytes()), url(claims.as_bytes()))
}

pub(super) fn url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Replaces s by n - s, which is valid for the same message.
pub(super) fn negate_s(signature: &mut [u8]) {
    let mut borrow = 0_i16;
    for index in (0..32).rev() {
        let difference = i16::from(ORDER[index]) - i16::from(signature[32 + index]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + index] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
}
