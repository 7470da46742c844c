//! The keys of the audit log and what they sign. Each key is derived from `AUDIT_KEY` for one purpose (RFC 5869).
//!
//! Keys are numbered by age: 0 is the current key, 1 the previous one. Once a checkpoint has been made with a key, older keys
//! are refused for later rows and checkpoints.

use super::entry::Entry;
use crate::crypto::fingerprint::hex;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// An entry and its signature, made by [`AuditKeys::sign`].
#[derive(Clone, Debug)]
pub struct Signed {
    /// The entry.
    pub entry: Entry,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

/// The current key, which signs, and the previous ones, which verify.
pub struct AuditKeys {
    current: KeySet,
    previous: Vec<KeySet>,
}

/// The keys that are derived from one `AUDIT_KEY`.
pub(super) struct KeySet {
    /// Identifies the key without revealing anything about it.
    pub(super) id: String,
    rows: Hmac<Sha256>,
    names: Hmac<Sha256>,
    pub(super) chain: Hmac<Sha256>,
    pub(super) checkpoints: Hmac<Sha256>,
    pub(super) heads: Hmac<Sha256>,
    pub(super) archives: Hmac<Sha256>,
}

/// How many keys are newer than this one.
pub(super) type Age = usize;

/// Length of a key id: enough to distinguish a handful of keys.
const KEY_ID_BYTES: usize = 4;

/// Length of the hash of a name: enough to distinguish any two names.
const NAME_HASH_BYTES: usize = 16;

impl AuditKeys {
    /// Takes keys of 32 random bytes each. The newest previous key comes first.
    #[must_use]
    pub fn new(current: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        Self {
            current: KeySet::new(current),
            previous: previous.iter().map(KeySet::new).collect(),
        }
    }

    /// Signs an entry.
    #[must_use]
    pub fn sign(&self, entry: Entry) -> Signed {
        let mac = hex(&digest(&self.current.rows, &[&entry.canonical()]));
        Signed { entry, mac }
    }

    /// Whether one of the keys has signed this entry.
    #[must_use]
    pub fn has_signed(&self, entry: &Entry, mac: &str) -> bool {
        self.signer(entry, mac).is_some()
    }

    /// The key that has signed this entry.
    pub(super) fn signer(&self, entry: &Entry, mac: &str) -> Option<Age> {
        let bytes = entry.canonical();
        self.all()
            .position(|keys| is_equal(&hex(&digest(&keys.rows, &[&bytes])), mac))
    }

    /// The key with this id.
    pub(super) fn with_id(&self, id: &str) -> Option<(Age, &KeySet)> {
        self.all().enumerate().find(|(_, keys)| keys.id == id)
    }

    /// The keyed hash of an entered name that no user has, in hex. `source` is the kind of name, in fixed words.
    #[must_use]
    pub fn name_key(&self, source: &'static str, name: &str) -> String {
        let parts = [source.as_bytes(), &[0], name.as_bytes()];
        hex(digest(&self.current.names, &parts)
            .first_chunk::<NAME_HASH_BYTES>()
            .map_or(&[][..], |part| part))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    pub(super) fn current(&self) -> &KeySet {
        &self.current
    }

    /// The key before the current one.
    pub(super) fn before(&self) -> Option<&KeySet> {
        self.previous.first()
    }
}

impl fmt::Debug for AuditKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuditKeys(redacted)")
    }
}

impl KeySet {
    fn new(key: &[u8; 32]) -> Self {
        let derived = Hkdf::<Sha256>::new(None, key);
        let mut id = [0; KEY_ID_BYTES];
        // Cannot fail, see below.
        let _ = derived.expand(b"Edge Auth audit 1: key id", &mut id);
        let mac = |label: &[u8]| {
            // HMAC pads a short key with zeros to a whole block (RFC 2104). A key of a whole block cannot have a wrong length.
            let mut block = [0; 64];
            if let Some(half) = block.first_chunk_mut::<32>() {
                // Cannot fail: HKDF derives keys of any length up to 8,160 bytes.
                let _ = derived.expand(label, half);
            }
            Hmac::<Sha256>::new(&block.into())
        };
        Self {
            id: hex(&id),
            rows: mac(b"Edge Auth audit 1: row"),
            names: mac(b"Edge Auth audit 1: name"),
            chain: mac(b"Edge Auth audit 1: chain"),
            checkpoints: mac(b"Edge Auth audit 1: checkpoint"),
            heads: mac(b"Edge Auth audit 1: head"),
            archives: mac(b"Edge Auth audit 1: archive"),
        }
    }
}

/// The HMAC of the concatenated parts.
pub(super) fn digest(mac: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares in constant time.
pub(super) fn is_equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Kind;
    use crate::timestamp::Timestamp;
    use uuid::Uuid;

    fn entry() -> Entry {
        let at = Timestamp::from_seconds(1_704_888_000);
        Entry::new(Uuid::nil(), at, Kind::SignIn, "230b030023ae2822-SJC").detail("password")
    }

    #[test]
    fn signature_verifies_for_its_entry_and_key_only() {
        let (old, new) = (
            AuditKeys::new(&[1; 32], &[]),
            AuditKeys::new(&[2; 32], &[[1; 32]]),
        );
        let signed = old.sign(entry());
        // HMAC-SHA-256 with the HKDF-SHA-256 key of 32 bytes 0x01 and the label, computed independently of this code.
        assert_eq!(signed.mac, EXPECTED);
        assert!(old.has_signed(&entry(), &signed.mac) && new.has_signed(&entry(), &signed.mac));
        assert!(!old.has_signed(&entry(), &new.sign(entry()).mac));
        assert!(!old.has_signed(&entry().detail("Password"), &signed.mac));
        assert!(!old.has_signed(&entry(), "") && !old.has_signed(&entry(), &signed.mac[..63]));
    }

    const EXPECTED: &str = "101c823cf97c99c1f8b3a54079bcaea17f2d2d9e297f1a21969777a32e408bfa";

    #[test]
    fn name_hash_differs_by_kind_name_and_key() {
        let keys = AuditKeys::new(&[1; 32], &[]);
        let key = keys.name_key("username", "ada");
        assert_eq!(key.len(), 32);
        assert_ne!(key, keys.name_key("email", "ada"));
        assert_ne!(key, keys.name_key("username", "eve"));
        assert_ne!(
            key,
            AuditKeys::new(&[2; 32], &[]).name_key("username", "ada")
        );
    }
}
