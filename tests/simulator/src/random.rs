//! Unforeseeable text in the shapes and sizes that AWS gives out.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// HMAC-SHA-256 over a counter, keyed from the operating system's randomness at start.
pub(crate) struct Random {
    key: [u8; 32],
    counter: AtomicU64,
}

impl Random {
    /// `RandomState` is the one door to the system's randomness that std has; it saves a dependency.
    pub(crate) fn from_system() -> Self {
        let mut seed = Sha256::new();
        for round in 0_u64..8 {
            seed.update(RandomState::new().hash_one(round).to_be_bytes());
        }
        Self {
            key: seed.finalize().into(),
            counter: AtomicU64::new(0),
        }
    }

    pub(crate) fn bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 32);
        while bytes.len() < count {
            let block = self.counter.fetch_add(1, Ordering::SeqCst);
            bytes.extend_from_slice(&hmac_sha256(&self.key, &block.to_be_bytes()));
        }
        bytes.truncate(count);
        bytes
    }

    /// Unpadded base64url over `count` random bytes.
    pub(crate) fn base64url(&self, count: usize) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes(count))
    }

    fn pick(&self, alphabet: &[u8], count: usize) -> String {
        self.bytes(count)
            .into_iter()
            .filter_map(|byte| alphabet.get(usize::from(byte) % alphabet.len()))
            .map(|byte| char::from(*byte))
            .collect()
    }

    /// Eight consonants with a hyphen between: nothing to mistake for a digit, no word to be offended by.
    pub(crate) fn user_code(&self) -> String {
        const CONSONANTS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
        format!("{}-{}", self.pick(CONSONANTS, 4), self.pick(CONSONANTS, 4))
    }

    /// `AKIA…` (long-term) or `ASIA…` (temporary), 20 characters.
    pub(crate) fn access_key_id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.pick(BASE32, 16))
    }

    /// 40 characters of base64, with `/` and `+` now and then.
    pub(crate) fn secret_access_key(&self) -> String {
        Base64::encode_string(&self.bytes(30))
    }

    /// About 800 characters of padded base64, with the beginning that real ones have.
    pub(crate) fn session_token(&self) -> String {
        format!(
            "IQoJb3JpZ2luX2Vj{}",
            Base64::encode_string(&self.bytes(589))
        )
    }

    /// An SSO bearer token; `kind` is `a` for access, `r` for refresh.
    pub(crate) fn sso_token(&self, kind: char) -> String {
        format!(
            "ao{kind}AAAAAG{}:{}",
            self.base64url(180),
            self.base64url(105)
        )
    }

    /// A client secret as AWS writes it: a JWT of one to two kilobytes that only the service reads.
    pub(crate) fn client_secret(&self, claims: &serde_json::Value) -> String {
        let header = br#"{"kid":"key-1564028099","alg":"HS384"}"#;
        let payload = serde_json::json!({
            "serialized": claims.to_string(),
            "encrypted": self.base64url(600),
        });
        format!(
            "{}.{}.{}",
            Base64UrlUnpadded::encode_string(header),
            Base64UrlUnpadded::encode_string(payload.to_string().as_bytes()),
            self.base64url(48)
        )
    }

    /// A version 4 UUID, the form of request ids and user ids.
    pub(crate) fn uuid(&self) -> String {
        let hex = hex(&self.bytes(16));
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104 §2), so this cannot fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A role id (`AROA` and 17 characters), the same for the same name in every run.
pub(crate) fn role_id(of: &str) -> String {
    let id: String = Sha256::digest(of)
        .into_iter()
        .take(17)
        .filter_map(|byte| BASE32.get(usize::from(byte) % BASE32.len()))
        .map(|byte| char::from(*byte))
        .collect();
    format!("AROA{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shapes_are_those_of_the_service() {
        let random = Random::from_system();
        assert_eq!(random.access_key_id("ASIA").len(), 20);
        assert_eq!(random.secret_access_key().len(), 40);
        assert_eq!(random.uuid().len(), 36);
        assert_eq!(role_id("a").len(), 21);
        let secret = random.client_secret(&serde_json::json!({"clientName": "x"}));
        assert!((1000..2000).contains(&secret.len()), "{}", secret.len());
        assert!(random.session_token().len() > 700);
    }

    #[test]
    fn nothing_comes_twice() {
        let random = Random::from_system();
        assert_ne!(random.bytes(32), random.bytes(32));
        assert_ne!(
            Random::from_system().bytes(32),
            Random::from_system().bytes(32)
        );
    }
}
