//! Checkpoints of the audit log: the table `audit_checkpoints`, and the head outside of D1.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `audit-head` | number, last row, key id and MAC of the last checkpoint, with a MAC over them | unlimited |
//!
//! KV may return an older head for a minute, or keep it if a put failed. A head is never written before its checkpoint is in
//! D1, so a head that is behind proves nothing, and a head that is ahead proves that checkpoints were removed.

use super::audit_archive::{ARCHIVE_AFTER, archive};
use super::audit_rows::{chained, chained_row, checkpoint};
use crate::domain::audit::{
    Archive, AuditKeys, ChainedRow, Checkpoint, Entry, Head, MAX_CHECKPOINT_ROWS,
};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::runtime::kv::Kv;

const HEAD_KEY: &str = "audit-head";

const LAST_CHECKPOINTS: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints
    WHERE number >= (SELECT max(number) FROM audit_checkpoints) - 1 ORDER BY number DESC";

const CHECKPOINTS_AFTER: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints WHERE last > ?1 ORDER BY last LIMIT ?2";

pub(super) const CHECKPOINT_BEFORE: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints WHERE last <= ?1 ORDER BY last DESC LIMIT 1";

pub(super) const LAST_ROW: &str = "
    SELECT coalesce((SELECT max(number) FROM audit), 0) AS last,
           coalesce((SELECT max(last) FROM audit_checkpoints), 0) AS covered,
           coalesce((SELECT max(last) FROM audit_archives), 0) AS archived";

const ROWS_BETWEEN: &str = "
    SELECT number, mac FROM audit WHERE number > ?1 AND number <= ?2 ORDER BY number LIMIT ?3";

pub(super) const ENTRIES_AFTER: &str = "
    SELECT audit.number, audit.mac, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           salt, address, device
    FROM audit
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    WHERE audit.number > ?1 ORDER BY audit.number LIMIT ?2";

/// Inserts a checkpoint only if the last one is the one that it continues.
const ADD: &str = "
    INSERT INTO audit_checkpoints (number, first, last, at, key, marks, mac) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
    WHERE ?1 = (SELECT coalesce(max(number), 0) + 1 FROM audit_checkpoints)";

/// The end of the log.
#[derive(Debug)]
pub struct End {
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The one before it.
    pub previous: Option<Checkpoint>,
    /// Number of the last row; 0 if there is none.
    pub row: u32,
}

/// The head in KV.
#[derive(Debug, PartialEq, Eq)]
pub enum StoredHead {
    /// There is no head.
    Missing,
    /// The value has no valid MAC.
    Altered,
    /// A valid head.
    Known(Head),
}

impl StoredHead {
    /// The head, if there is a valid one.
    #[must_use]
    pub fn known(&self) -> Option<&Head> {
        match self {
            Self::Known(head) => Some(head),
            Self::Missing | Self::Altered => None,
        }
    }
}

/// Rows to verify.
#[derive(Debug)]
pub struct Range {
    /// The checkpoint before the range.
    pub before: Option<Checkpoint>,
    /// The checkpoints of the range.
    pub checkpoints: Vec<Checkpoint>,
    /// The last row.
    pub last: u32,
    /// The last row that a checkpoint covers.
    pub covered: u32,
    /// The last row that was archived.
    pub archived: u32,
    /// The first archive with later rows than the one that was asked for.
    pub archive: Option<Archive>,
}

/// The checkpoints of the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoints {
    database: &'static Database,
    kv: &'static Kv,
}

impl Checkpoints {
    /// Uses this database for the checkpoints and this namespace for the head.
    #[must_use]
    pub fn new(database: &'static Database, kv: &'static Kv) -> Self {
        Self { database, kv }
    }

    /// Reads the head. It has to be read before D1; otherwise a checkpoint that is made in between would seem to be missing.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn head(&self, keys: &AuditKeys) -> Result<StoredHead, StoreError> {
        let text = self.kv.get(HEAD_KEY).await?;
        Ok(match text {
            None => StoredHead::Missing,
            Some(text) => keys
                .read_head(&text)
                .map_or(StoredHead::Altered, StoredHead::Known),
        })
    }

    /// Stores the head.
    ///
    /// # Errors
    /// `Unavailable`; the next cron event stores it.
    pub async fn put_head(&self, keys: &AuditKeys, head: &Head) -> Result<(), StoreError> {
        self.kv.put_forever(HEAD_KEY, &keys.head_text(head)).await
    }

    /// The end of the log.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn end(&self) -> Result<End, StoreError> {
        let statements = [Statement::new(LAST_CHECKPOINTS), Statement::new(LAST_ROW)];
        let [found, ends] = self.database.batch(statements).await?;
        let mut checkpoints = found.rows(checkpoint)?.into_iter();
        Ok(End {
            checkpoint: checkpoints.next(),
            previous: checkpoints.next(),
            row: last(&ends)?.last,
        })
    }

    /// The rows of a checkpoint.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn rows_of(&self, checkpoint: &Checkpoint) -> Result<Vec<ChainedRow>, StoreError> {
        let rows = Statement::new(ROWS_BETWEEN)
            .number(checkpoint.first.saturating_sub(1))
            .number(checkpoint.last)
            .number(MAX_CHECKPOINT_ROWS);
        let [found] = self.database.batch([rows]).await?;
        found.rows(chained_row)
    }

    /// Adds a checkpoint; false if another cron event has added one first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn add(&self, checkpoint: &Checkpoint) -> Result<bool, StoreError> {
        let add = Statement::new(ADD)
            .number(checkpoint.number)
            .number(checkpoint.first)
            .number(checkpoint.last)
            .text(&checkpoint.at)
            .text(&checkpoint.key)
            .text(&checkpoint.marks)
            .text(&checkpoint.mac);
        let [added] = self.database.batch([add]).await?;
        Ok(added.changes > 0)
    }

    /// Reads at most this many checkpoints that extend beyond this row.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn range(&self, after: u32, limit: u32) -> Result<Range, StoreError> {
        let [before, found, ends, archives] = self
            .database
            .batch([
                Statement::new(CHECKPOINT_BEFORE).number(after),
                Statement::new(CHECKPOINTS_AFTER)
                    .number(after)
                    .number(limit),
                Statement::new(LAST_ROW),
                Statement::new(ARCHIVE_AFTER).number(after),
            ])
            .await?;
        let Ends {
            last,
            covered,
            archived,
        } = last(&ends)?;
        Ok(Range {
            before: before.first(checkpoint)?,
            checkpoints: found.rows(checkpoint)?,
            last,
            covered,
            archived,
            archive: archives.first(archive)?,
        })
    }

    /// Reads at most this many rows after this one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn rows_after(
        &self,
        after: u32,
        limit: u32,
    ) -> Result<Vec<(ChainedRow, Entry)>, StoreError> {
        let rows = Statement::new(ENTRIES_AFTER).number(after).number(limit);
        let [found] = self.database.batch([rows]).await?;
        chained(&found)
    }
}

/// The numbers that [`LAST_ROW`] returns.
#[derive(Default)]
struct Ends {
    last: u32,
    covered: u32,
    archived: u32,
}

fn last(ends: &Outcome) -> Result<Ends, StoreError> {
    let numbers = ends.first(|row| {
        Ok(Ends {
            last: row.count("last")?,
            covered: row.count("covered")?,
            archived: row.count("archived")?,
        })
    })?;
    Ok(numbers.unwrap_or_default())
}
