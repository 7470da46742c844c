//! Seals the secrets of one-time codes with `FACTOR_KEY`, each for its user.

use super::fingerprint::hex;
use super::sealed::{NONCE_BYTES, Purpose, SealError, Sealer, SealerError};
use super::secret::Secret;
use crate::timestamp::Timestamp;
use hkdf::Hkdf;
use sha2::Sha256;

/// A sealed secret does not expire: the end of the year 9999, the last one that a timestamp can show.
const NEVER_SECONDS: i64 = 253_402_300_799;

/// The current key, and the previous one during a rotation.
pub struct FactorKeys {
    sealer: Sealer,
    id: String,
    previous_id: Option<String>,
}

impl FactorKeys {
    /// Takes the secrets as their UTF-8 bytes.
    ///
    /// # Errors
    /// [`SealerError`] if a secret is too short.
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Result<Self, SealerError> {
        Ok(Self {
            sealer: Sealer::new(current, previous)?,
            id: id(current),
            previous_id: previous.map(id),
        })
    }

    /// Identifies the current key without revealing anything about it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Identifies the previous key.
    #[must_use]
    pub fn previous_id(&self) -> Option<&str> {
        self.previous_id.as_deref()
    }

    /// Seals a secret for this user. The nonce must be random.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(
        &self,
        user: &str,
        secret: &Secret,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<String, SealError> {
        let never = Timestamp::from_seconds(NEVER_SECONDS);
        let user = user.as_bytes();
        self.sealer
            .seal(Purpose::Totp, user, never, &secret.reveal(), nonce)
    }

    /// Opens the secret of this user; `None` if neither key sealed it for this user.
    #[must_use]
    pub fn open(&self, user: &str, sealed: &str) -> Option<Secret> {
        let now = Timestamp::from_seconds(0);
        let user = user.as_bytes();
        self.sealer.open(Purpose::Totp, user, sealed, now).ok()
    }
}

/// Derived from the key (RFC 5869), so it reveals nothing about it.
fn id(key: &Secret) -> String {
    let mut id = [0; 8];
    let derived = Hkdf::<Sha256>::new(None, key.reveal().as_bytes());
    // HKDF fails only for more than 8,160 bytes.
    let _ = derived.expand(b"id of FACTOR_KEY", &mut id);
    hex(&id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_opens_for_its_user_with_either_key() {
        let (old, new) = (Secret::new("a".repeat(44)), Secret::new("b".repeat(44)));
        let before = FactorKeys::new(&old, None).unwrap();
        let sealed = before.seal("ada", &Secret::new("GEZDG"), [7; 24]).unwrap();
        assert!(!sealed.contains("GEZDG"));
        let during = FactorKeys::new(&new, Some(&old)).unwrap();
        assert_eq!(during.previous_id(), Some(before.id()));
        assert_ne!(during.id(), before.id());
        for keys in [&before, &during] {
            let opened = keys.open("ada", &sealed).unwrap();
            assert_eq!(opened.reveal(), "GEZDG");
            assert!(keys.open("eve", &sealed).is_none());
        }
        let after = FactorKeys::new(&new, None).unwrap();
        assert!(after.open("ada", &sealed).is_none());
    }
}
