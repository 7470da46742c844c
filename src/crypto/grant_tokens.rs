//! Authorization codes and refresh tokens. They are not stored. Each is
//!
//! ```text
//! base64url without padding of: grant (16 bytes) | generation (4, big-endian) | HMAC-SHA-256 of both (32)
//! ```
//!
//! with a key derived from `HANDLE_KEY` by HKDF-SHA-256 (RFC 5869, no salt) with a label of its own. Generation 0 is the code, so a
//! code is never a refresh token. During a rotation of the secret, codes and tokens of the previous secret are still accepted.

use super::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The generation of a code. Refresh tokens have later ones.
pub const CODE_GENERATION: u32 = 0;

const LABEL: &[u8] = b"Edge Auth grant 1: code and refresh token";

const ID_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;
const BYTES: usize = ID_BYTES + GENERATION_BYTES + MAC_BYTES;

/// An authorization code or refresh token that this service has issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantToken {
    /// The grant.
    pub grant: Uuid,
    /// 0 for the code.
    pub generation: u32,
}

impl GrantToken {
    /// Whether it is an authorization code.
    #[must_use]
    pub fn is_code(self) -> bool {
        self.generation == CODE_GENERATION
    }
}

/// Issues and verifies authorization codes and refresh tokens.
pub struct GrantKeys {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

impl GrantKeys {
    /// Derives the keys from these handle secrets, taken as their UTF-8 bytes.
    #[must_use]
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Self {
        Self {
            current: derive(current),
            previous: previous.map(derive),
        }
    }

    /// The text of a code or token. The same secret always gives the same text.
    #[must_use]
    pub fn issue(&self, token: GrantToken) -> String {
        let (id, generation) = (token.grant.as_bytes(), token.generation.to_be_bytes());
        let mac = digest(&self.current, id, generation);
        let bytes = [id.as_slice(), &generation, &mac].concat();
        Base64UrlUnpadded::encode_string(&bytes)
    }

    /// The code or token that this text represents; `None` if this service has not issued it.
    #[must_use]
    pub fn verify(&self, text: &str) -> Option<GrantToken> {
        let mut buffer = [0; BYTES];
        // Refuses padding, other characters and nonzero unused bits, so each token has one spelling.
        let bytes = Base64UrlUnpadded::decode(text, &mut buffer).ok()?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (generation, mac) = rest.split_first_chunk::<GENERATION_BYTES>()?;
        let is_issued = |key| bool::from(digest(key, id, *generation).ct_eq(mac));
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(is_issued).then_some(GrantToken {
            grant: Uuid::from_bytes(*id),
            generation: u32::from_be_bytes(*generation),
        })
    }
}

impl fmt::Debug for GrantKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GrantKeys(redacted)")
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

/// Both parts have a fixed length, so the boundary between them is unambiguous.
fn digest(
    key: &Hmac<Sha256>,
    id: &[u8; ID_BYTES],
    generation: [u8; GENERATION_BYTES],
) -> [u8; MAC_BYTES] {
    let mut mac = key.clone();
    mac.update(id);
    mac.update(&generation);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: &str, previous: Option<&str>) -> GrantKeys {
        let previous = previous.map(Secret::new);
        GrantKeys::new(&Secret::new(current), previous.as_ref())
    }

    const TOKEN: GrantToken = GrantToken {
        grant: Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        generation: 258,
    };

    #[test]
    fn token_verifies_in_its_only_spelling() {
        let keys = keys("one", None);
        let text = keys.issue(TOKEN);
        assert_eq!(text.len(), 70);
        assert_eq!(keys.verify(&text), Some(TOKEN));
        assert!(!TOKEN.is_code());
        let code = GrantToken {
            generation: 0,
            ..TOKEN
        };
        assert!(keys.verify(&keys.issue(code)).unwrap().is_code());
        for other in [
            String::new(),
            format!("{text}="),
            format!("{text}A"),
            text[..69].to_owned(),
            text.replace(&text[..1], "B"),
            text[1..].to_owned(),
        ] {
            assert_eq!(keys.verify(&other), None, "{other}");
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = keys("one", None);
        let bytes = Base64UrlUnpadded::decode_vec(&keys.issue(TOKEN)).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let text = Base64UrlUnpadded::encode_string(&changed);
            assert_eq!(keys.verify(&text), None, "byte {index}");
        }
    }

    #[test]
    fn token_of_the_previous_secret_verifies_until_it_is_removed() {
        let old = keys("one", None).issue(TOKEN);
        assert_eq!(keys("two", Some("one")).verify(&old), Some(TOKEN));
        assert_eq!(keys("two", None).verify(&old), None);
        let new = keys("two", Some("one")).issue(TOKEN);
        assert_eq!(keys("two", None).verify(&new), Some(TOKEN));
    }
}
