//! Verifies an export of the audit log without the service.
//!
//! `AUDIT_KEY` is symmetric, so only its owner can verify MACs. Without the key, the structure is verified: numbers without gaps,
//! and checkpoints that follow one another and name the ranges that the file contains. This detects an incomplete file, but not an
//! altered one.

use super::chain::{ChainedRow, Checkpoint, MARK_HEX_DIGITS, first_after};
use super::entry::Entry;
use super::keys::AuditKeys;
use super::lines::Line;
use super::verification::{Verified, Violation, ViolationKind};

/// The content of an export, and the extent of its verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Number of entries.
    pub entries: u32,
    /// Number of the first entry; 0 if there is none.
    pub first: u32,
    /// Number of the last entry; 0 if there is none.
    pub last: u32,
    /// Number of checkpoints.
    pub checkpoints: u32,
    /// Number of the last entry that a checkpoint of the file covers; 0 if there is none. Later entries were verified one by one.
    pub covered_to: u32,
    /// Number of entries at the beginning whose checkpoint begins before the file. They were verified one by one, so the removal of
    /// a part of them before the file was written cannot be detected.
    pub partly_covered: u32,
    /// Whether MACs were verified.
    pub has_keys: bool,
}

/// The first line that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportFailure {
    /// Number of the line in the file, from 1.
    pub line: usize,
    /// The entry, and the reason.
    pub violation: Violation,
}

/// Verifies the lines of an export: their structure, and with `keys` all MACs and the chain.
///
/// # Errors
/// The first line that fails. A failure of an entry that a checkpoint covers is found at the line of that checkpoint.
pub fn verify_export<'l>(
    lines: impl IntoIterator<Item = &'l str>,
    keys: Option<&AuditKeys>,
) -> Result<ExportReport, ExportFailure> {
    let mut export = Export {
        keys,
        rows: Vec::new(),
        previous: None,
        report: ExportReport {
            has_keys: keys.is_some(),
            ..ExportReport::default()
        },
    };
    let mut count = 0;
    for (line, text) in (1..).zip(lines) {
        count = line;
        let at = |violation| ExportFailure { line, violation };
        export.add(text).map_err(at)?;
    }
    let at = |violation| ExportFailure {
        line: count,
        violation,
    };
    export.end().map_err(at)
}

/// The state after some lines.
struct Export<'k> {
    keys: Option<&'k AuditKeys>,
    /// The rows after the last checkpoint.
    rows: Vec<(ChainedRow, Entry)>,
    previous: Option<Checkpoint>,
    report: ExportReport,
}

fn fail<T>(number: u32, reason: ViolationKind) -> Result<T, Violation> {
    Err(Violation { number, reason })
}

impl Export<'_> {
    fn add(&mut self, text: &str) -> Result<(), Violation> {
        let last = self.report.last;
        match Line::read(text) {
            None => fail(last.saturating_add(1), ViolationKind::Unreadable),
            Some(Line::Entry { number, entry, mac }) => {
                if last > 0 && number != last.saturating_add(1) {
                    return fail(last.saturating_add(1), ViolationKind::Missing);
                }
                if mac.is_none() {
                    return fail(number, ViolationKind::Unsigned);
                }
                if last == 0 {
                    self.report.first = number;
                }
                self.report.last = number;
                self.report.entries = self.report.entries.saturating_add(1);
                self.rows.push((ChainedRow { number, mac }, entry));
                Ok(())
            }
            Some(Line::Checkpoint {
                checkpoint,
                previous,
            }) => self.close(checkpoint, previous.as_ref()),
        }
    }

    /// Verifies a checkpoint and the rows since the one before it.
    fn close(
        &mut self,
        checkpoint: Checkpoint,
        previous: Option<&String>,
    ) -> Result<(), Violation> {
        let Checkpoint { first, last, .. } = checkpoint;
        if self.previous.is_none() {
            self.previous = before(&checkpoint, previous);
        }
        let known = self.previous.as_ref();
        if checkpoint.number != known.map_or(1, |known| known.number.saturating_add(1)) {
            return fail(first_after(known), ViolationKind::CheckpointMissing);
        }
        let is_next = first == first_after(known)
            && previous == known.map(|known| &known.mac)
            && last >= first;
        let length = usize::try_from(last.abs_diff(first)).unwrap_or(usize::MAX);
        let digits = length.saturating_add(1).saturating_mul(MARK_HEX_DIGITS);
        if !is_next || checkpoint.marks.len() != digits {
            return fail(first, ViolationKind::CheckpointAltered);
        }
        let given = self.rows.first().map_or(last, |(row, _)| row.number);
        if given < first {
            return fail(given, ViolationKind::CheckpointMissing);
        }
        if self.rows.is_empty() || self.report.last != last {
            return fail(self.report.last.saturating_add(1), ViolationKind::Missing);
        }
        let rows = std::mem::take(&mut self.rows);
        if given > first {
            // The file begins within this checkpoint, so the links before its first row are not known.
            let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            self.report.partly_covered = count;
            self.verify_each(None, &rows)?;
        } else if let Some(keys) = self.keys {
            let verified = &mut Verified::default();
            keys.verify_checkpoint(self.previous.as_ref(), &checkpoint, &rows, verified)?;
        }
        self.report.checkpoints = self.report.checkpoints.saturating_add(1);
        self.report.covered_to = last;
        self.previous = Some(checkpoint);
        Ok(())
    }

    fn end(mut self) -> Result<ExportReport, Violation> {
        let rows = std::mem::take(&mut self.rows);
        self.verify_each(self.previous.as_ref(), &rows)?;
        Ok(self.report)
    }

    fn verify_each(
        &self,
        last: Option<&Checkpoint>,
        rows: &[(ChainedRow, Entry)],
    ) -> Result<(), Violation> {
        match (self.keys, rows.first()) {
            (Some(keys), Some((row, _))) => {
                keys.verify_tail(last, row.number, rows, &mut Verified::default())
            }
            _ => Ok(()),
        }
    }
}

/// The checkpoint before the first one of the file, of which only the number, the range and the MAC are known. Its key is not, so
/// a retired key is not recognised in the first checkpoint of such a file.
fn before(checkpoint: &Checkpoint, mac: Option<&String>) -> Option<Checkpoint> {
    let last = checkpoint.first.checked_sub(1).filter(|last| *last > 0)?;
    Some(Checkpoint {
        number: checkpoint.number.saturating_sub(1),
        first: last,
        last,
        at: String::new(),
        key: String::new(),
        marks: String::new(),
        mac: mac?.clone(),
    })
}

#[cfg(test)]
mod tests;
