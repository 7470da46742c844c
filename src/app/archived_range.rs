//! Reads an archived range of the audit log, and verifies it: its description, its object in R2, and its rows against their
//! checkpoints, which are still in D1.

use super::App;
use crate::domain::audit::{
    Archive, ChainedRow, Checkpoint, Entry, Head, Verified, Violation, ViolationKind, archived_rows,
};
use crate::runtime::StoreError;
use crate::store::audit_archive::{Object, Range};

/// The rows of a range, or the first violation.
type Rows = Result<Vec<(ChainedRow, Entry)>, Violation>;

/// Reads and verifies a range. Counts its rows in `verified`.
///
/// # Errors
/// `Unavailable`.
pub async fn read(
    app: &App,
    head: Option<&Head>,
    archive: &Archive,
    verified: &mut Verified,
) -> Result<Rows, StoreError> {
    let fail = |reason| {
        Ok(Err(Violation {
            number: archive.first,
            reason,
        }))
    };
    if !app.audit_keys.has_signed_archive(archive) {
        return fail(ViolationKind::ArchiveAltered);
    }
    let (text, is_intact) = match app.archives.object(archive).await? {
        Object::Missing => return fail(ViolationKind::ArchiveMissing),
        Object::Invalid => return fail(ViolationKind::ArchiveAltered),
        Object::Altered(text) => (text, false),
        Object::Intact(text) => (text, true),
    };
    let range = match app.archives.range(archive.first, archive.last).await {
        Err(StoreError::CorruptRow(_)) => return fail(ViolationKind::Unreadable),
        range => range?,
    };
    let rows = match archived_rows(&text) {
        Ok(rows) => rows,
        Err(before) => {
            return Ok(Err(Violation {
                number: before.saturating_add(1).max(archive.first),
                reason: ViolationKind::ArchiveAltered,
            }));
        }
    };
    if let Err(violation) = check_chain(app, head, &range, (&rows, verified)) {
        return Ok(Err(violation));
    }
    let last = rows.last().map(|(row, _)| row.number);
    if !is_intact || last != Some(archive.last) {
        return fail(ViolationKind::ArchiveAltered);
    }
    Ok(Ok(rows))
}

fn check_chain(
    app: &App,
    head: Option<&Head>,
    range: &Range,
    (mut rows, verified): (&[(ChainedRow, Entry)], &mut Verified),
) -> Result<(), Violation> {
    let mut previous = range.before.as_ref();
    for checkpoint in &range.checkpoints {
        let count = rows.partition_point(|(row, _)| row.number <= checkpoint.last);
        let (covered, rest) = rows.split_at_checked(count).unwrap_or((rows, &[]));
        let keys = &app.audit_keys;
        keys.verify_checkpoint(previous, checkpoint, covered, verified)?;
        rows = rest;
        previous = Some(checkpoint);
        allowed(head, previous)?;
    }
    Ok(())
}

/// Checks that the head outside of D1 does not contradict a checkpoint.
///
/// # Errors
/// `HeadDiffers`.
pub fn allowed(head: Option<&Head>, checkpoint: Option<&Checkpoint>) -> Result<(), Violation> {
    match (head, checkpoint) {
        (Some(head), Some(checkpoint)) if !head.allows(checkpoint) => Err(Violation {
            number: checkpoint.first,
            reason: ViolationKind::HeadDiffers,
        }),
        _ => Ok(()),
    }
}
