//! The pepper: a secret of the Worker that goes into every password hash, so that a stolen database alone cannot be
//! searched for passwords.
//!
//! The hashed text is HMAC-SHA256(pepper, password). Which pepper made a hash stands in the PHC string's `keyid`, as a
//! fingerprint that is keyed too: a plain hash of the pepper would let a thief test guesses at a weak one.

use base64ct::{Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Not UTF-8, so that no password's HMAC can ever be shown as a fingerprint.
const FINGERPRINT_LABEL: &[u8] = b"\xffedge-auth pepper";

/// The pepper of new hashes, and the one before it while its hashes are being replaced at sign-in.
pub struct Peppers {
    current: Pepper,
    previous: Option<Pepper>,
}

impl Peppers {
    /// Takes 32 random bytes each. The previous one only verifies; a sign-in under it asks for a new hash.
    #[must_use]
    pub fn new(current: [u8; 32], previous: Option<[u8; 32]>) -> Self {
        Self {
            current: Pepper::new(&current),
            previous: previous.map(|key| Pepper::new(&key)),
        }
    }

    pub(super) fn current(&self) -> &Pepper {
        &self.current
    }

    pub(super) fn by_key_id(&self, key_id: &str) -> Option<&Pepper> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|pepper| pepper.key_id == key_id)
    }
}

impl fmt::Debug for Peppers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Peppers(redacted)")
    }
}

pub(super) struct Pepper {
    mac: Hmac<Sha256>,
    /// 8 bytes, the most that the PHC format of Argon2 allows, in base64 without padding.
    key_id: String,
}

impl Pepper {
    fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a short key up with zeros (RFC 2104); doing it here leaves no length to fail on.
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        let mac = Hmac::<Sha256>::new(&block.into());
        let fingerprint = digest(&mac, FINGERPRINT_LABEL);
        let short = fingerprint.first_chunk::<8>().map_or(&[][..], |part| part);
        Self {
            key_id: Base64Unpadded::encode_string(short),
            mac,
        }
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What Argon2 hashes in place of the password: text, because other implementations stop at a zero byte.
    pub(super) fn season(&self, password: &[u8]) -> String {
        Base64Unpadded::encode_string(&digest(&self.mac, password))
    }
}

fn digest(mac: &Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    mac.clone()
        .chain_update(message)
        .finalize()
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasoning_is_hmac_sha256() {
        // RFC 4231 case 2: a key shorter than 32 bytes filled up with zeros is the same key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let seasoned = Pepper::new(&key).season(b"what do ya want for nothing?");
        let expected = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95,
            0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
            0x64, 0xec, 0x38, 0x43,
        ];
        assert_eq!(seasoned, Base64Unpadded::encode_string(&expected));
    }

    #[test]
    fn peppers_are_found_by_their_own_fingerprints_only() {
        let peppers = Peppers::new([1; 32], Some([2; 32]));
        let stranger = Pepper::new(&[3; 32]);
        assert_eq!(peppers.current().key_id().len(), 11);
        for known in [Pepper::new(&[1; 32]), Pepper::new(&[2; 32])] {
            let found = peppers.by_key_id(known.key_id()).unwrap();
            assert_eq!(found.season(b"x"), known.season(b"x"));
        }
        assert!(peppers.by_key_id(stranger.key_id()).is_none());
        assert!(peppers.by_key_id("").is_none());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?}", Peppers::new([1; 32], None)),
            "Peppers(redacted)"
        );
    }
}
