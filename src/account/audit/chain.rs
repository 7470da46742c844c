//! Seals. Each covers a range of rows and holds on to the seal before it:
//!
//! ```text
//! start  = HMAC(chain key, number of the seal | first row | the previous seal's mac)
//! link n = HMAC(chain key, link before | row number | 1 and the row's mac, or 0 if there is no such row)
//! mac    = HMAC(seal key, number | first | last | at | the previous seal's mac | last link)
//! ```
//!
//! Numbers have 4 bytes, big-endian; texts end with a zero byte. Four bytes of each link are kept as marks: they tell at
//! which row a range that no longer fits went another way. The head, what the last seal was, is kept outside of D1, so
//! that cutting seals off is found out too.

use super::keys::{AuditKeys, KeySet, digest, is_equal};
use crate::account::fingerprint::hex;
use crate::account::timestamp::Timestamp;
use crate::json::{FromJson, Malformed, Object};
use serde::Serialize;

/// Rows in one seal at most.
pub const SEAL_LENGTH: u32 = 500;

/// Hex digits of a link that are kept.
pub(super) const MARK: usize = 8;

/// Where a row stands, and its signatures.
#[derive(Clone, Debug)]
pub struct Placed {
    /// `audit.number`.
    pub number: u32,
    /// Its own signature.
    pub mac: Option<String>,
    /// That of the cron, for a row that came without.
    pub late_mac: Option<String>,
    /// When the cron signed it.
    pub signed_at: Option<String>,
}

impl Placed {
    /// The signature that is sealed; empty if there is none.
    fn sealed_mac(&self) -> &str {
        let mac = self.mac.as_ref().or(self.late_mac.as_ref());
        mac.map_or("", String::as_str)
    }

    /// Whose signature it carries, which is not to say that it is right.
    #[must_use]
    pub fn signature(&self) -> Signature {
        match (&self.mac, &self.late_mac) {
            (Some(_), _) => Signature::Own,
            (None, Some(_)) => Signature::Late,
            (None, None) => Signature::None,
        }
    }
}

/// Whose signature a row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// Its writer's.
    Own,
    /// The cron's: the row came from a command line that has no key, and nobody can say what happened to it before.
    Late,
    /// None yet.
    None,
}

/// A seal, as D1 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// 1, 2, 3, …
    pub number: u32,
    /// Number of its first row.
    pub first: u32,
    /// Number of its last row.
    pub last: u32,
    /// When it was made.
    pub at: String,
    /// 8 hex digits a row.
    pub marks: String,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

/// The last seal, as KV has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// `Seal::number`.
    pub seal: u32,
    /// `Seal::last`.
    pub last: u32,
    /// `Seal::mac`.
    pub mac: String,
}

impl FromJson for Head {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            seal: object.integer("seal")?,
            last: object.integer("last")?,
            mac: object.text("mac")?,
        })
    }
}

impl Head {
    /// The head that a seal is.
    #[must_use]
    pub fn of(seal: &Seal) -> Self {
        Self {
            seal: seal.number,
            last: seal.last,
            mac: seal.mac.clone(),
        }
    }

    /// False if this seal has the head's number and is another.
    #[must_use]
    pub fn allows(&self, seal: &Seal) -> bool {
        self.seal != seal.number || *self == Self::of(seal)
    }
}

/// The number of the first row after a seal; 1 if there is none.
#[must_use]
pub fn first_after(seal: Option<&Seal>) -> u32 {
    seal.map_or(1, |seal| seal.last.saturating_add(1))
}

impl AuditKeys {
    /// Seals the rows that follow the previous seal: as many as one seal takes of these, which are in the order of their
    /// numbers. `None` if there are none.
    #[must_use]
    pub fn seal(&self, previous: Option<&Seal>, rows: &[Placed], at: Timestamp) -> Option<Seal> {
        let first = first_after(previous);
        let limit = first.saturating_add(SEAL_LENGTH).saturating_sub(1);
        let reaches_beyond = rows.last()?.number > limit;
        let taken = rows.iter().take_while(|row| row.number <= limit);
        let last = if reaches_beyond {
            limit
        } else {
            rows.last()?.number
        };
        let mut seal = Seal {
            number: previous.map_or(1, |seal| seal.number.saturating_add(1)),
            first,
            last,
            at: at.to_string(),
            marks: String::new(),
            mac: String::new(),
        };
        let keys = self.current();
        let mut link = keys.start(previous, &seal);
        let mut taken = taken.peekable();
        for number in first..=last {
            link = keys.link(&link, number, taken.next_if(|row| row.number == number));
            seal.marks.push_str(&mark(&link));
        }
        seal.mac = keys.seal_mac(previous, &seal, &link);
        Some(seal)
    }

    /// Whether the last seal is ours, given the rows of its range, without a look at what is in them.
    #[must_use]
    pub fn has_sealed(&self, previous: Option<&Seal>, seal: &Seal, rows: &[Placed]) -> bool {
        let keys = self.sealer_of(previous, seal, rows.first());
        let mut link = keys.start(previous, seal);
        let mut rows = rows.iter().peekable();
        for number in seal.first..=seal.last.min(seal.first.saturating_add(SEAL_LENGTH)) {
            link = keys.link(&link, number, rows.next_if(|row| row.number == number));
        }
        is_equal(&keys.seal_mac(previous, seal, &link), &seal.mac)
    }

    /// The keys that made a seal, told by its first mark; today's if none fits.
    pub(super) fn sealer_of(
        &self,
        previous: Option<&Seal>,
        seal: &Seal,
        first: Option<&Placed>,
    ) -> &KeySet {
        let row = first.filter(|row| row.number == seal.first);
        let has_made = |keys: &&KeySet| {
            let link = keys.link(&keys.start(previous, seal), seal.first, row);
            seal.marks.get(..MARK) == Some(&mark(&link))
        };
        self.all().find(has_made).unwrap_or(self.current())
    }
}

pub(super) type Link = [u8; 32];

impl KeySet {
    pub(super) fn start(&self, previous: Option<&Seal>, seal: &Seal) -> Link {
        let before = previous.map_or("", |seal| seal.mac.as_str());
        digest(
            &self.chain,
            &[
                &seal.number.to_be_bytes(),
                &seal.first.to_be_bytes(),
                before.as_bytes(),
                &[0],
            ],
        )
    }

    pub(super) fn link(&self, before: &Link, number: u32, row: Option<&Placed>) -> Link {
        let (is_there, mac) = row.map_or((0, ""), |row| (1, row.sealed_mac()));
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

    pub(super) fn seal_mac(&self, previous: Option<&Seal>, seal: &Seal, link: &Link) -> String {
        let before = previous.map_or("", |seal| seal.mac.as_str());
        hex(&digest(
            &self.seals,
            &[
                &seal.number.to_be_bytes(),
                &seal.first.to_be_bytes(),
                &seal.last.to_be_bytes(),
                seal.at.as_bytes(),
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
        .first_chunk::<{ MARK / 2 }>()
        .map_or(&[][..], |part| part))
}
