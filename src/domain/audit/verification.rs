//! Verifies the log row by row: rows that a checkpoint covers against that checkpoint, later rows by their own signatures
//! only.

use super::chain::{
    ChainedRow, Checkpoint, MARK_HEX_DIGITS, MAX_CHECKPOINT_ROWS, first_after, mark,
};
use super::entry::Entry;
use super::keys::{Age, AuditKeys, is_equal};
use serde::Serialize;

/// The reason for which a row fails verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// There is no row with this number.
    Missing,
    /// The row is not the one that was signed.
    Altered,
    /// The row, or the checkpoint that begins with it, is signed with a key that had already been retired.
    RetiredKey,
    /// The address or the device of the row is not the one that was signed.
    ClientAltered,
    /// The row has no signature.
    Unsigned,
    /// The checkpoint covers a different row at this number.
    Moved,
    /// The checkpoint that begins with this row is missing.
    CheckpointMissing,
    /// The checkpoint that begins with this row has no valid MAC.
    CheckpointAltered,
    /// The checkpoint that begins with this row was made with a key that is not configured.
    UnknownKey,
    /// Rows from this number on are covered by a checkpoint but missing.
    Truncated,
    /// The checkpoint that begins with this row differs from the one that is kept in KV.
    HeadDiffers,
    /// The checkpoint in KV has no valid MAC.
    HeadAltered,
    /// The checkpoint in KV is missing.
    HeadMissing,
    /// A row or checkpoint after this number has an invalid value.
    Unreadable,
    /// The object in R2 with the rows from this number on is missing.
    ArchiveMissing,
    /// The object in R2 with the rows from this number on, or its description in D1, is not the one that was written.
    ArchiveAltered,
    /// The role or status that this archived entry states is missing in `audit_accounts`.
    AccountMissing,
    /// The role or status in `audit_accounts` is not that of the archived entry with this number.
    AccountAltered,
}

impl ViolationKind {
    /// The name in the API and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Altered => "altered",
            Self::RetiredKey => "retired_key",
            Self::ClientAltered => "client_altered",
            Self::Unsigned => "unsigned",
            Self::Moved => "moved",
            Self::CheckpointMissing => "checkpoint_missing",
            Self::CheckpointAltered => "checkpoint_altered",
            Self::UnknownKey => "unknown_key",
            Self::Truncated => "truncated",
            Self::HeadDiffers => "head_differs",
            Self::HeadAltered => "head_altered",
            Self::HeadMissing => "head_missing",
            Self::Unreadable => "unreadable",
            Self::ArchiveMissing => "archive_missing",
            Self::ArchiveAltered => "archive_altered",
            Self::AccountMissing => "account_missing",
            Self::AccountAltered => "account_altered",
        }
    }
}

/// The first row that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Violation {
    /// Number of the row. The row itself may be missing.
    pub number: u32,
    /// The reason.
    pub reason: ViolationKind,
}

/// The number of rows that were verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows.
    pub rows: u32,
    /// Rows whose address and device are stored and match the signature.
    pub clients: u32,
}

impl Verified {
    fn add(&mut self, row: Self) {
        self.rows = self.rows.saturating_add(row.rows);
        self.clients = self.clients.saturating_add(row.clients);
    }
}

impl AuditKeys {
    /// Verifies a checkpoint and each row in it, and counts them in `verified`.
    ///
    /// # Errors
    /// The first row that fails.
    pub fn verify_checkpoint(
        &self,
        previous: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
        rows: &[(ChainedRow, Entry)],
        verified: &mut Verified,
    ) -> Result<(), Violation> {
        let first = first_after(previous);
        let fail = |number, reason| Err(Violation { number, reason });
        if checkpoint.number != previous.map_or(1, |previous| previous.number.saturating_add(1)) {
            return fail(first, ViolationKind::CheckpointMissing);
        }
        let length = checkpoint.last.checked_sub(first);
        if checkpoint.first != first || length.is_none_or(|length| length >= MAX_CHECKPOINT_ROWS) {
            return fail(first, ViolationKind::CheckpointAltered);
        }
        let oldest = self.oldest_after(previous);
        let Some((age, keys)) = self.with_id(&checkpoint.key) else {
            return fail(first, ViolationKind::UnknownKey);
        };
        if age > oldest {
            return fail(first, ViolationKind::RetiredKey);
        }
        let mut link = keys.start(previous, checkpoint);
        let mut marks = checkpoint.marks.as_bytes().chunks(MARK_HEX_DIGITS);
        let mut rows = rows.iter();
        for number in checkpoint.first..=checkpoint.last {
            let Some((row, entry)) = rows.next().filter(|(row, _)| row.number == number) else {
                return fail(number, ViolationKind::Missing);
            };
            match self.verify_row(row, entry, oldest) {
                Ok(row) => verified.add(row),
                Err(reason) => return fail(number, reason),
            }
            link = keys.link(&link, number, Some(row));
            if marks.next() != Some(mark(&link).as_bytes()) {
                return fail(number, ViolationKind::Moved);
            }
        }
        let mac = keys.checkpoint_mac(previous, checkpoint, &link);
        if marks.next().is_some() || !is_equal(&mac, &checkpoint.mac) {
            return fail(first, ViolationKind::CheckpointAltered);
        }
        Ok(())
    }

    /// Verifies rows after the last checkpoint, beginning with number `first`: each row by itself. Also checks that no
    /// number is missing. Counts the rows in `verified`.
    ///
    /// # Errors
    /// The first row that fails.
    pub fn verify_tail(
        &self,
        last: Option<&Checkpoint>,
        first: u32,
        rows: &[(ChainedRow, Entry)],
        verified: &mut Verified,
    ) -> Result<(), Violation> {
        let oldest = self.oldest_after(last);
        for ((row, entry), number) in rows.iter().zip(first..) {
            let fail = |reason| Err(Violation { number, reason });
            if row.number != number {
                return fail(ViolationKind::Missing);
            }
            match self.verify_row(row, entry, oldest) {
                Ok(row) => verified.add(row),
                Err(reason) => return fail(reason),
            }
        }
        Ok(())
    }

    fn verify_row(
        &self,
        row: &ChainedRow,
        entry: &Entry,
        oldest: Age,
    ) -> Result<Verified, ViolationKind> {
        let Some(mac) = &row.mac else {
            return Err(ViolationKind::Unsigned);
        };
        match self.signer(entry, mac) {
            None => return Err(ViolationKind::Altered),
            Some(age) if age > oldest => return Err(ViolationKind::RetiredKey),
            Some(_) => {}
        }
        let client = entry.client.as_ref();
        if client.is_some_and(|client| !client.is(entry.client_hash.as_deref())) {
            return Err(ViolationKind::ClientAltered);
        }
        Ok(Verified {
            rows: 1,
            clients: u32::from(client.is_some()),
        })
    }
}

#[cfg(test)]
mod tests;
