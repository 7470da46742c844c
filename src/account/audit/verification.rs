//! Whether the log is what it was, row by row: what is sealed against its seal, what is not yet by its own signature only.

use super::chain::{MARK, Placed, SEAL_LENGTH, Seal, Signature, first_after, mark};
use super::entry::{COMMAND_LINE, Entry};
use super::keys::{AuditKeys, is_equal};
use serde::Serialize;

/// What is wrong with the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no row of this number.
    Missing,
    /// The row is not what was signed.
    Altered,
    /// The row is without a signature where it must have one.
    Unsigned,
    /// The row is not the one that was sealed at this number.
    Moved,
    /// The seal that begins with this row is not there.
    SealMissing,
    /// The seal that begins with this row is not ours.
    SealAltered,
    /// Rows from this number on were sealed, and are gone.
    CutOff,
    /// The seal that begins with this row is another than the head outside of D1.
    HeadDiffers,
}

impl Reason {
    /// The word on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Altered => "altered",
            Self::Unsigned => "unsigned",
            Self::Moved => "moved",
            Self::SealMissing => "seal_missing",
            Self::SealAltered => "seal_altered",
            Self::CutOff => "cut_off",
            Self::HeadDiffers => "head_differs",
        }
    }
}

/// The first row that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Broken {
    /// `audit.number`, also where no such row is left.
    pub number: u32,
    /// What is wrong.
    pub reason: Reason,
}

/// Only a command line may have no key.
#[must_use]
pub fn may_be_unsigned(entry: &Entry) -> bool {
    entry.actor.as_deref() == Some(COMMAND_LINE)
}

impl AuditKeys {
    /// Verifies a seal and each row in it; gives how many were signed late.
    ///
    /// # Errors
    /// The first row that fails.
    pub fn verify_seal(
        &self,
        previous: Option<&Seal>,
        seal: &Seal,
        rows: &[(Placed, Entry)],
    ) -> Result<u32, Broken> {
        let first = first_after(previous);
        let broken = |number, reason| Err(Broken { number, reason });
        if seal.number != previous.map_or(1, |seal| seal.number.saturating_add(1)) {
            return broken(first, Reason::SealMissing);
        }
        let length = seal.last.checked_sub(first);
        if seal.first != first || length.is_none_or(|length| length >= SEAL_LENGTH) {
            return broken(first, Reason::SealAltered);
        }
        let keys = self.sealer_of(previous, seal, rows.first().map(|(row, _)| row));
        let mut link = keys.start(previous, seal);
        let mut marks = seal.marks.as_bytes().chunks(MARK);
        let mut rows = rows.iter();
        let mut late = 0_u32;
        for number in seal.first..=seal.last {
            let Some((row, entry)) = rows.next().filter(|(row, _)| row.number == number) else {
                return broken(number, Reason::Missing);
            };
            match self.verify_row(row, entry) {
                Ok(Signature::Own) => {}
                Ok(Signature::Late) => late = late.saturating_add(1),
                Ok(Signature::None) => return broken(number, Reason::Unsigned),
                Err(reason) => return broken(number, reason),
            }
            link = keys.link(&link, number, Some(row));
            if marks.next() != Some(mark(&link).as_bytes()) {
                return broken(number, Reason::Moved);
            }
        }
        if marks.next().is_some() || !is_equal(&keys.seal_mac(previous, seal, &link), &seal.mac) {
            return broken(first, Reason::SealAltered);
        }
        Ok(late)
    }

    /// Verifies rows that are not sealed yet, from this number on: each by itself, and that none is missing between them.
    /// Gives how many were signed late.
    ///
    /// # Errors
    /// The first row that fails.
    pub fn verify_unsealed(&self, first: u32, rows: &[(Placed, Entry)]) -> Result<u32, Broken> {
        let mut late = 0_u32;
        for ((row, entry), number) in rows.iter().zip(first..) {
            let broken = |reason| Err(Broken { number, reason });
            if row.number != number {
                return broken(Reason::Missing);
            }
            match self.verify_row(row, entry) {
                Ok(Signature::Own) => {}
                Ok(Signature::Late) => late = late.saturating_add(1),
                Ok(Signature::None) if may_be_unsigned(entry) => {}
                Ok(Signature::None) => return broken(Reason::Unsigned),
                Err(reason) => return broken(reason),
            }
        }
        Ok(late)
    }

    fn verify_row(&self, row: &Placed, entry: &Entry) -> Result<Signature, Reason> {
        let is_right = match (&row.mac, &row.late_mac, &row.signed_at) {
            (Some(mac), ..) => self.has_signed(entry, mac),
            (None, Some(mac), Some(at)) => {
                may_be_unsigned(entry) && self.has_signed_late(row.number, at, entry, mac)
            }
            (None, None, _) => true,
            (None, Some(_), None) => false,
        };
        is_right.then(|| row.signature()).ok_or(Reason::Altered)
    }
}

#[cfg(test)]
mod tests;
