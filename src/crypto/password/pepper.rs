//! The pepper: a secret of the Worker that is part of every password hash, so that passwords cannot be guessed with a copy of
//! the database alone.
//!
//! The input of Argon2id is the base64 of HMAC-SHA-256(pepper, user id | password), where the user id has 36 characters of
//! lower-case hex and hyphens. `keyid` of the PHC string is a fingerprint of the pepper. It is a MAC too: a plain hash would
//! let an attacker test guesses at a weak pepper.

use base64ct::{Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// The label is not UTF-8, so that it is never the HMAC input of a password.
const FINGERPRINT_LABEL: &[u8] = b"\xffedge-auth pepper";
/// Not UTF-8 either.
const SEALING_LABEL: &[u8] = b"\xffedge-auth imported password hash";

/// The pepper of new hashes, and during a rotation the previous one, whose hashes are replaced at sign-in.
pub struct Peppers {
    current: Pepper,
    previous: Option<Pepper>,
}

impl Peppers {
    /// Takes peppers of 32 random bytes each. The previous pepper only verifies.
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
    /// 8 bytes, the maximum of the PHC format of Argon2, in base64 without padding.
    key_id: String,
}

impl Pepper {
    fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros to a whole block (RFC 2104). A key of a whole block cannot have a wrong length.
        let mut block = [0; 64];
        if let Some(half) = block.first_chunk_mut::<32>() {
            *half = *key;
        }
        let mac = Hmac::<Sha256>::new(&block.into());
        let fingerprint = digest(&mac, &[FINGERPRINT_LABEL]);
        let short = fingerprint.first_chunk::<8>().map_or(&[][..], |part| part);
        Self {
            key_id: Base64Unpadded::encode_string(short),
            mac,
        }
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key that encrypts hashes of other systems.
    pub(super) fn sealing_key(&self) -> [u8; 32] {
        digest(&self.mac, &[SEALING_LABEL])
    }

    /// The input of Argon2id. It is base64, because some implementations stop at a zero byte.
    pub(super) fn apply(&self, user: Uuid, password: &str) -> String {
        let mut buffer = Uuid::encode_buffer();
        let user = user.hyphenated().encode_lower(&mut buffer);
        let parts = [user.as_bytes(), password.as_bytes()];
        Base64Unpadded::encode_string(&digest(&self.mac, &parts))
    }
}

fn digest(mac: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Uuid = Uuid::from_u128(0xf47a_c10b_58cc_4372_a567_0e02_b2c3_d479);

    #[test]
    fn argon2_input_is_hmac_sha_256_of_user_id_and_password() {
        // printf 'f47ac10b-58cc-4372-a567-0e02b2c3d479correct horse battery staple' |
        //   openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '01%.0s' $(seq 32)) -binary | base64
        let input = Pepper::new(&[1; 32]).apply(USER, "correct horse battery staple");
        assert_eq!(input, "KzTfiH77DLSUQrpjbj0ZvQrWqoTUrVmsqNn2mbgdwLY");
    }

    #[test]
    fn argon2_input_of_another_user_password_or_pepper_differs() {
        let pepper = Pepper::new(&[1; 32]);
        let input = pepper.apply(USER, "a");
        assert_eq!(input, pepper.apply(USER, "a"));
        assert_ne!(input, pepper.apply(Uuid::nil(), "a"));
        assert_ne!(input, pepper.apply(USER, "b"));
        assert_ne!(input, Pepper::new(&[2; 32]).apply(USER, "a"));
    }

    #[test]
    fn pepper_is_found_by_its_own_fingerprint_only() {
        let peppers = Peppers::new([1; 32], Some([2; 32]));
        let stranger = Pepper::new(&[3; 32]);
        assert_eq!(peppers.current().key_id().len(), 11);
        for known in [Pepper::new(&[1; 32]), Pepper::new(&[2; 32])] {
            let found = peppers.by_key_id(known.key_id()).unwrap();
            assert_eq!(found.apply(USER, "x"), known.apply(USER, "x"));
        }
        assert!(peppers.by_key_id(stranger.key_id()).is_none());
        assert!(peppers.by_key_id("").is_none());
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(
            format!("{:?}", Peppers::new([1; 32], None)),
            "Peppers(redacted)"
        );
    }
}
