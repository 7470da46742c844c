//! Reads ranges of the audit log for exports: entries in ascending order, with the checkpoints that end among them.

use super::audit_archive::{ARCHIVE_AFTER, archive};
use super::audit_rows::{chained, checkpoint};
use super::checkpoints::{CHECKPOINT_BEFORE, ENTRIES_AFTER};
use crate::domain::audit::{Archive, ChainedRow, Checkpoint, Entry};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};

const CHECKPOINTS_BETWEEN: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints WHERE last > ?1 AND last <= ?2 ORDER BY last";

/// A part of the log.
#[derive(Debug)]
pub enum Part {
    /// Rows of D1.
    Rows(Rows),
    /// The entries are in this archive.
    Archived(Archive),
}

/// Rows of D1.
#[derive(Debug)]
pub struct Rows {
    /// Entries, in ascending order.
    pub rows: Vec<(ChainedRow, Entry)>,
    /// The checkpoints whose last row is one of them.
    pub checkpoints: Vec<Checkpoint>,
    /// The checkpoint before them.
    pub before: Option<Checkpoint>,
    /// Whether there are more entries.
    pub has_more: bool,
}

/// Reads at most this many entries after this one, in one transaction.
///
/// # Errors
/// Any [`StoreError`].
pub async fn part(database: &Database, after: u32, limit: u32) -> Result<Part, StoreError> {
    let [rows, checkpoints, before, archives] = database
        .batch([
            Statement::new(ENTRIES_AFTER)
                .number(after)
                // One more entry is read, to know whether there is another page.
                .number(limit.saturating_add(1)),
            // Numbers have no gaps.
            Statement::new(CHECKPOINTS_BETWEEN)
                .number(after)
                .number(after.saturating_add(limit)),
            Statement::new(CHECKPOINT_BEFORE).number(after),
            Statement::new(ARCHIVE_AFTER).number(after),
        ])
        .await?;
    let archive = archives.first(archive)?;
    if let Some(archive) = archive.filter(|archive| archive.first <= after.saturating_add(1)) {
        return Ok(Part::Archived(archive));
    }
    let mut rows = chained(&rows)?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Part::Rows(Rows {
        rows,
        checkpoints: checkpoints.rows(checkpoint)?,
        before: before.first(checkpoint)?,
        has_more,
    }))
}
