//! The MAC of values in KV. An attacker who can write to KV can remove an entry or restore an older one, but nothing else:
//! an entry that was forged, copied to another key, truncated or extended has no valid MAC.
//!
//! A protected value is
//!
//! ```text
//! base64url without padding of HMAC-SHA-256(key of the entry, 0, text) | "." | text
//! ```
//!
//! with keys derived from `HANDLE_KEY` by HKDF-SHA-256 (RFC 5869, no salt) with a label of their own. During a rotation of
//! the secret, values of the previous one still verify.

use super::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// Maximum length of a protected value, in UTF-16 code units. A user with names of the maximum length needs 8,000.
pub const MAX_VALUE_CHARACTERS: u32 = 16_384;

/// Length of a MAC in base64url.
const MAC_CHARACTERS: usize = 43;

const LABEL: &[u8] = b"Edge Auth KV 1: entry";

/// Protects and verifies values.
pub struct CacheKeys {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

impl CacheKeys {
    /// Derives the keys from these handle secrets, taken as their UTF-8 bytes.
    #[must_use]
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Self {
        Self {
            current: derive(current),
            previous: previous.map(derive),
        }
    }

    /// The value to store under this KV key.
    #[must_use]
    pub fn protect(&self, key: &str, text: &str) -> String {
        let mac = digest(&self.current, key, text);
        [&Base64UrlUnpadded::encode_string(&mac), ".", text].concat()
    }

    /// The text of a value that was read under this key, if its MAC is valid.
    #[must_use]
    pub fn verify<'v>(&self, key: &str, value: &'v str) -> Option<&'v str> {
        let (mac, text) = value.split_at_checked(MAC_CHARACTERS)?;
        let text = text.strip_prefix('.')?;
        let mut buffer = [0; 32];
        let mac = Base64UrlUnpadded::decode(mac, &mut buffer).ok()?;
        let is_ours = |keys| bool::from(digest(keys, key, text).ct_eq(mac));
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(is_ours).then_some(text)
    }
}

impl fmt::Debug for CacheKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CacheKeys(redacted)")
    }
}

fn derive(secret: &Secret) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to a whole block (RFC 2104). A key of a whole block cannot have a wrong length.
    let mut block = [0; 64];
    if let Some(half) = block.first_chunk_mut::<32>() {
        // Cannot fail: HKDF derives keys of any length up to 8,160 bytes.
        let _ = Hkdf::<Sha256>::new(None, secret.reveal().as_bytes()).expand(LABEL, half);
    }
    Hmac::<Sha256>::new(&block.into())
}

/// Keys contain no zero byte, so the boundary between the two parts is unambiguous.
fn digest(keys: &Hmac<Sha256>, key: &str, text: &str) -> [u8; 32] {
    let mut mac = keys.clone();
    for part in [key.as_bytes(), &[0], text.as_bytes()] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: &str, previous: Option<&str>) -> CacheKeys {
        let previous = previous.map(Secret::new);
        CacheKeys::new(&Secret::new(current), previous.as_ref())
    }

    #[test]
    fn value_verifies_under_its_own_key_only() {
        let keys = keys("one", None);
        let value = keys.protect("session:a:0", r#"{"a":"é"}"#);
        // HMAC-SHA-256 with a key from HKDF-SHA-256 of `one` with the label, computed independently of this code.
        assert_eq!(value, EXPECTED);
        assert_eq!(keys.verify("session:a:0", &value), Some(r#"{"a":"é"}"#));
        for key in ["session:a:1", "session:b:0", "", "session:a:0 "] {
            assert_eq!(keys.verify(key, &value), None, "{key}");
        }
    }

    const EXPECTED: &str = r#"ozswtaItOXlkw8f3rimoLbWyWbJ50yEIJKgoS0nU8Po.{"a":"é"}"#;

    #[test]
    fn changed_value_does_not_verify() {
        let keys = keys("one", None);
        let value = keys.protect("k", "text");
        let swapped = value.replacen('.', ":", 1);
        let (mac, _) = value.split_at(MAC_CHARACTERS);
        for changed in [
            "",
            ".",
            "text",
            "{}",
            ".text",
            &value[1..],
            &value[..value.len() - 1],
            &format!("{value} "),
            &format!(" {value}"),
            &format!("{mac}=.text"),
            &format!("{mac}."),
            mac,
            &format!("{}.text", "A".repeat(MAC_CHARACTERS)),
            &"é".repeat(40),
            &swapped,
        ] {
            assert_eq!(keys.verify("k", changed), None, "{changed}");
        }
    }

    #[test]
    fn value_of_the_previous_secret_verifies_until_it_is_removed() {
        let old = keys("one", None).protect("k", "text");
        assert_eq!(keys("two", Some("one")).verify("k", &old), Some("text"));
        assert_eq!(keys("two", None).verify("k", &old), None);
        let new = keys("two", Some("one")).protect("k", "text");
        assert_eq!(keys("two", None).verify("k", &new), Some("text"));
    }
}
