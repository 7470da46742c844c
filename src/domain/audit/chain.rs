//! Checkpoints of the audit log. Each covers a range of rows and the checkpoint before it:
//!
//! ```text
//! start  = HMAC(chain key, number of the checkpoint | first row | mac of the previous checkpoint)
//! link n = HMAC(chain key, link before | row number | 1 and the row's mac, or 0 if there is no such row)
//! mac    = HMAC(checkpoint key, number | first | last | at | key id | mac of the previous checkpoint | last link)
//! ```
//!
//! Numbers are 4 bytes long, big-endian; texts end with a zero byte. Four bytes of each link are stored as marks, which show
//! the first differing row of a range.

use super::entry::Entry;
use super::keys::{Age, AuditKeys, KeySet, digest, is_equal};
use crate::crypto::fingerprint::hex;
use crate::timestamp::Timestamp;

/// Maximum number of rows in one checkpoint.
pub const MAX_CHECKPOINT_ROWS: u32 = 500;

/// Hex digits of a link that are kept.
pub(super) const MARK_HEX_DIGITS: usize = 8;

/// For this long after a row that was signed with the current key, rows signed with the previous key may still arrive:
/// isolates that were deployed with that key finish their requests.
const OVERLAP_SECONDS: i64 = 300;

/// The position of a row in the chain, and its signature.
#[derive(Clone, Debug)]
pub struct ChainedRow {
    /// `audit.number`.
    pub number: u32,
    /// Its signature; `None` if it was not written by the service.
    pub mac: Option<String>,
}

/// A checkpoint as stored in D1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// 1, 2, 3, …
    pub number: u32,
    /// Number of its first row.
    pub first: u32,
    /// Number of its last row.
    pub last: u32,
    /// When it was made.
    pub at: String,
    /// Id of the key that made it.
    pub key: String,
    /// 8 hex digits per row.
    pub marks: String,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

/// The number of the first row after a checkpoint; 1 if there is none.
#[must_use]
pub fn first_after(checkpoint: Option<&Checkpoint>) -> u32 {
    checkpoint.map_or(1, |checkpoint| checkpoint.last.saturating_add(1))
}

impl AuditKeys {
    /// Makes a checkpoint of the rows that follow the previous one, up to the maximum. `rows` is ordered by number. `None`
    /// if there are no rows, or if they have to wait.
    ///
    /// The first checkpoint of a new key retires the previous one. While isolates with the previous key may still write, the
    /// rows before the first one of the new key are covered with the previous key, and the others wait.
    #[must_use]
    pub fn checkpoint(
        &self,
        previous: Option<&Checkpoint>,
        rows: &[(ChainedRow, Entry)],
        at: Timestamp,
    ) -> Option<Checkpoint> {
        let current = self.current();
        let is_current = previous.is_some_and(|previous| previous.key == current.id);
        let keys_before = match previous {
            Some(previous) => self.with_id(&previous.key).map(|(_, keys)| keys),
            None => self.before(),
        };
        match keys_before {
            Some(before) if !is_current => {
                let is_new = |(row, entry): &(ChainedRow, Entry)| {
                    self.signer_of(row, entry).is_some_and(|age| age == 0)
                };
                match rows.iter().position(is_new) {
                    Some(first) if is_settled(rows.get(first)?, at) => {
                        current.checkpoint(previous, rows, at)
                    }
                    Some(first) => before.checkpoint(previous, rows.get(..first)?, at),
                    None => before.checkpoint(previous, rows, at),
                }
            }
            _ => current.checkpoint(previous, rows, at),
        }
    }

    /// Whether the last checkpoint is authentic, given the rows of its range, without verifying their content.
    #[must_use]
    pub fn has_made(
        &self,
        previous: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
        rows: &[ChainedRow],
    ) -> bool {
        let Some((age, keys)) = self.with_id(&checkpoint.key) else {
            return false;
        };
        let mut link = keys.start(previous, checkpoint);
        let mut rows = rows.iter().peekable();
        let end = checkpoint.first.saturating_add(MAX_CHECKPOINT_ROWS);
        for number in checkpoint.first..=checkpoint.last.min(end) {
            link = keys.link(&link, number, rows.next_if(|row| row.number == number));
        }
        age <= self.oldest_after(previous)
            && is_equal(
                &keys.checkpoint_mac(previous, checkpoint, &link),
                &checkpoint.mac,
            )
    }

    /// The oldest key that may have signed what comes after this checkpoint.
    #[must_use]
    pub(super) fn oldest_after(&self, checkpoint: Option<&Checkpoint>) -> Age {
        let made_by = checkpoint.and_then(|checkpoint| self.with_id(&checkpoint.key));
        made_by.map_or(Age::MAX, |(age, _)| age)
    }

    /// The key that signed a row; `None` if no configured key did.
    pub(super) fn signer_of(&self, row: &ChainedRow, entry: &Entry) -> Option<Age> {
        self.signer(entry, row.mac.as_ref()?)
    }
}

/// Whether this row is so old that no isolate with the previous key is left.
fn is_settled((_, entry): &(ChainedRow, Entry), now: Timestamp) -> bool {
    let at = Timestamp::parse(&entry.at);
    at.is_none_or(|at| at.plus(OVERLAP_SECONDS) <= now)
}

pub(super) type Link = [u8; 32];

impl KeySet {
    fn checkpoint(
        &self,
        previous: Option<&Checkpoint>,
        rows: &[(ChainedRow, Entry)],
        at: Timestamp,
    ) -> Option<Checkpoint> {
        let first = first_after(previous);
        let limit = first.saturating_add(MAX_CHECKPOINT_ROWS).saturating_sub(1);
        let last = rows.last()?.0.number.min(limit);
        let mut checkpoint = Checkpoint {
            number: previous.map_or(1, |previous| previous.number.saturating_add(1)),
            first,
            last,
            at: at.to_string(),
            key: self.id.clone(),
            marks: String::new(),
            mac: String::new(),
        };
        let mut link = self.start(previous, &checkpoint);
        let mut rows = rows.iter().map(|(row, _)| row).peekable();
        for number in first..=last {
            link = self.link(&link, number, rows.next_if(|row| row.number == number));
            checkpoint.marks.push_str(&mark(&link));
        }
        checkpoint.mac = self.checkpoint_mac(previous, &checkpoint, &link);
        Some(checkpoint)
    }

    pub(super) fn start(&self, previous: Option<&Checkpoint>, checkpoint: &Checkpoint) -> Link {
        let before = previous.map_or("", |previous| previous.mac.as_str());
        digest(
            &self.chain,
            &[
                &checkpoint.number.to_be_bytes(),
                &checkpoint.first.to_be_bytes(),
                before.as_bytes(),
                &[0],
            ],
        )
    }

    pub(super) fn link(&self, before: &Link, number: u32, row: Option<&ChainedRow>) -> Link {
        let (is_there, mac) =
            row.map_or((0, ""), |row| (1, row.mac.as_deref().unwrap_or_default()));
        digest(
            &self.chain,
            &[
                before,
                &number.to_be_bytes(),
                &[is_there],
                mac.as_bytes(),
                &[0],
            ],
        )
    }

    pub(super) fn checkpoint_mac(
        &self,
        previous: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
        link: &Link,
    ) -> String {
        let before = previous.map_or("", |previous| previous.mac.as_str());
        hex(&digest(
            &self.checkpoints,
            &[
                &checkpoint.number.to_be_bytes(),
                &checkpoint.first.to_be_bytes(),
                &checkpoint.last.to_be_bytes(),
                checkpoint.at.as_bytes(),
                &[0],
                checkpoint.key.as_bytes(),
                &[0],
                before.as_bytes(),
                &[0],
                link,
            ],
        ))
    }
}

pub(super) fn mark(link: &Link) -> String {
    hex(link
        .first_chunk::<{ MARK_HEX_DIGITS / 2 }>()
        .map_or(&[][..], |part| part))
}
