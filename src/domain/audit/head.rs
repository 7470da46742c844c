//! The last checkpoint record, or head, identifies the last checkpoint. It is kept outside of D1, so that a truncation of the
//! checkpoints is detected.
//!
//! It has a MAC, so an attacker who can write to that store cannot forge it. They can delete it, which is reported, or restore
//! an older one, which is not reported, because that store may lag behind. So hiding a truncation takes write access to both
//! stores.

use super::chain::Checkpoint;
use super::keys::{AuditKeys, KeySet, digest, is_equal};
use crate::crypto::fingerprint::hex;
use crate::json;
use serde::{Deserialize, Serialize};

/// The last checkpoint as stored outside of D1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `Checkpoint::number`.
    pub checkpoint: u32,
    /// `Checkpoint::last`.
    pub last: u32,
    /// `Checkpoint::key`.
    pub key: String,
    /// `Checkpoint::mac`.
    pub mac: String,
}

/// The text form of a head.
#[derive(Serialize, Deserialize)]
struct SignedHead {
    #[serde(flatten)]
    head: Head,
    head_mac: String,
}

impl Head {
    /// The head for this checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> Self {
        Self {
            checkpoint: checkpoint.number,
            last: checkpoint.last,
            key: checkpoint.key.clone(),
            mac: checkpoint.mac.clone(),
        }
    }

    /// False if this checkpoint has the number of the head but differs from it.
    #[must_use]
    pub fn allows(&self, checkpoint: &Checkpoint) -> bool {
        self.checkpoint != checkpoint.number || *self == Self::of(checkpoint)
    }
}

impl AuditKeys {
    /// The text to store for a head, with its MAC.
    #[must_use]
    pub fn head_text(&self, head: &Head) -> String {
        let signed = SignedHead {
            head: head.clone(),
            head_mac: self.current().head_mac(head),
        };
        // Cannot fail: only numbers and strings are serialized.
        serde_json::to_string(&signed).unwrap_or_default()
    }

    /// Parses a stored head; `None` if its MAC is invalid.
    #[must_use]
    pub fn read_head(&self, text: &str) -> Option<Head> {
        let read: SignedHead = json::from_str(text).ok()?;
        let is_ours = |keys: &KeySet| is_equal(&keys.head_mac(&read.head), &read.head_mac);
        self.all().any(is_ours).then_some(read.head)
    }
}

impl KeySet {
    fn head_mac(&self, head: &Head) -> String {
        hex(&digest(
            &self.heads,
            &[
                &head.checkpoint.to_be_bytes(),
                &head.last.to_be_bytes(),
                head.key.as_bytes(),
                &[0],
                head.mac.as_bytes(),
                &[0],
            ],
        ))
    }
}
