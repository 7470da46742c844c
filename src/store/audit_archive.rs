//! Archived ranges of the audit log: the objects in R2, and the table `audit_archives`, which describes them.

use super::audit_accounts;
use super::audit_rows::checkpoint;
use super::checkpoints::CHECKPOINT_BEFORE;
use crate::crypto::fingerprint::fingerprint;
use crate::domain::audit::{
    Archive, ArchivedAccount, Checkpoint, MAX_ARCHIVE_ROWS, MAX_CHECKPOINT_ROWS,
};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::r2::{Bucket, Content};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;

const LAST_ARCHIVE: &str = "
    SELECT number, first, last, earliest, latest, object, sha256, at, key, mac FROM audit_archives
    WHERE number = (SELECT max(number) FROM audit_archives)";

pub(super) const ARCHIVE_AFTER: &str = "
    SELECT number, first, last, earliest, latest, object, sha256, at, key, mac FROM audit_archives
    WHERE last > ?1 ORDER BY last LIMIT 1";

/// `?1` is the row before which the archives begin; `?2` and `?3` are the earliest and the latest time.
pub(super) const ARCHIVES_BEFORE: &str = "
    SELECT number, first, last, earliest, latest, object, sha256, at, key, mac FROM audit_archives
    WHERE first < ?1 AND latest >= ?2 AND earliest <= ?3 ORDER BY number DESC LIMIT ?4";

/// The checkpoints that may be archived next: those of `?2` rows after the archived ones that were made before `?1`. The last
/// checkpoint is not archived, so the highest row is not either.
const DUE: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints
    WHERE last > (SELECT coalesce(max(last), 0) FROM audit_archives)
      AND last <= (SELECT coalesce(max(last), 0) FROM audit_archives) + ?2
      AND at <= ?1 AND number < (SELECT max(number) FROM audit_checkpoints)
    ORDER BY last";

const CHECKPOINTS_OF: &str = "
    SELECT number, first, last, at, key, marks, mac FROM audit_checkpoints WHERE last >= ?1 AND last <= ?2 ORDER BY last";

/// Changes nothing if another cron event has archived these rows.
const ADD: &str = "
    INSERT INTO audit_archives (number, first, last, earliest, latest, object, sha256, at, key, mac)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
    WHERE ?1 = (SELECT coalesce(max(number), 0) + 1 FROM audit_archives)";

const DELETE_CLIENTS: &str = "DELETE FROM audit_clients WHERE number >= ?1 AND number <= ?2";

const DELETE_ROWS: &str = "DELETE FROM audit WHERE number >= ?1 AND number <= ?2";

/// Fails the batch if the range was not archived, or if rows of it are left.
const CHECK: &str = "
    SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM audit_archives WHERE number = ?1 AND mac = ?2)
      OR EXISTS (SELECT 1 FROM audit WHERE number >= ?3 AND number <= ?4)
    THEN json('the range was not archived') END";

/// The last archive, and the checkpoints that may be archived next.
#[derive(Debug)]
pub struct Due {
    /// The last archive.
    pub last: Option<Archive>,
    /// The checkpoints after it that are old enough, in their order.
    pub checkpoints: Vec<Checkpoint>,
}

/// An archive with the checkpoints of its rows.
#[derive(Debug)]
pub struct Range {
    /// The checkpoint before the first one.
    pub before: Option<Checkpoint>,
    /// The checkpoints.
    pub checkpoints: Vec<Checkpoint>,
}

/// The text of an object in R2.
#[derive(Debug)]
pub enum Object {
    /// There is no such object, or no bucket is bound.
    Missing,
    /// It is no text, or larger than any object of this service.
    Invalid,
    /// Its SHA-256 is not the recorded one.
    Altered(String),
    /// Its SHA-256 is the recorded one.
    Intact(String),
}

/// The archived ranges.
#[derive(Debug, Clone, Copy)]
pub struct Archives {
    database: &'static Database,
    bucket: Option<&'static Bucket>,
}

impl Archives {
    /// Uses this database for the descriptions and this bucket for the objects.
    #[must_use]
    pub fn new(database: &'static Database, bucket: Option<&'static Bucket>) -> Self {
        Self { database, bucket }
    }

    /// Whether entries can be archived.
    #[must_use]
    pub fn has_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// The rows that may be archived next: those of the checkpoints that were made until this time.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn due(&self, until: Timestamp) -> Result<Due, StoreError> {
        let due = Statement::new(DUE)
            .text(until.to_string())
            .number(MAX_ARCHIVE_ROWS.max(MAX_CHECKPOINT_ROWS));
        let [last, checkpoints] = self
            .database
            .batch([Statement::new(LAST_ARCHIVE), due])
            .await?;
        Ok(Due {
            last: last.first(archive)?,
            checkpoints: checkpoints.rows(checkpoint)?,
        })
    }

    /// The checkpoints of an archive, or of any rows.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn range(&self, first: u32, last: u32) -> Result<Range, StoreError> {
        let [before, checkpoints] = self
            .database
            .batch([
                Statement::new(CHECKPOINT_BEFORE).number(first.saturating_sub(1)),
                Statement::new(CHECKPOINTS_OF).number(first).number(last),
            ])
            .await?;
        Ok(Range {
            before: before.first(checkpoint)?,
            checkpoints: checkpoints.rows(checkpoint)?,
        })
    }

    /// The archive that contains this row.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn containing(&self, number: u32) -> Result<Option<Archive>, StoreError> {
        let find = Statement::new(ARCHIVE_AFTER).number(number.saturating_sub(1));
        let [found] = self.database.batch([find]).await?;
        let found = found.first(archive)?;
        Ok(found.filter(|archive| archive.first <= number))
    }

    /// Writes the object of an archive and reads it back.
    ///
    /// # Errors
    /// `Unavailable` if it was not written as it is.
    pub async fn put(&self, archive: &Archive, text: String) -> Result<(), StoreError> {
        let bucket = self.bucket.ok_or(StoreError::Unavailable)?;
        bucket.put(&archive.object, text).await?;
        match self.object(archive).await? {
            Object::Intact(_) => Ok(()),
            Object::Missing | Object::Invalid | Object::Altered(_) => Err(StoreError::Unavailable),
        }
    }

    /// Records an archive whose object was written, and deletes its rows, in one batch.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was changed.
    pub async fn add(
        &self,
        archive: &Archive,
        accounts: &[ArchivedAccount],
    ) -> Result<(), StoreError> {
        let add = Statement::new(ADD)
            .number(archive.number)
            .number(archive.first)
            .number(archive.last)
            .text(&archive.earliest)
            .text(&archive.latest)
            .text(&archive.object)
            .text(&archive.sha256)
            .text(&archive.at)
            .text(&archive.key)
            .text(&archive.mac);
        let range = |sql| {
            Statement::new(sql)
                .number(archive.first)
                .number(archive.last)
        };
        let check = Statement::new(CHECK)
            .number(archive.number)
            .text(&archive.mac)
            .number(archive.first)
            .number(archive.last);
        let statements = [
            add,
            audit_accounts::put(accounts),
            range(DELETE_CLIENTS),
            range(DELETE_ROWS),
            check,
        ];
        self.database.batch(statements).await.map(drop)
    }

    /// Reads the object of an archive.
    ///
    /// # Errors
    /// `Unavailable` if R2 does not respond.
    pub async fn object(&self, archive: &Archive) -> Result<Object, StoreError> {
        let Some(bucket) = self.bucket else {
            return Ok(Object::Missing);
        };
        Ok(match bucket.get(&archive.object).await? {
            Content::Missing => Object::Missing,
            Content::Invalid => Object::Invalid,
            Content::Text(text) if fingerprint(&text) == archive.sha256 => Object::Intact(text),
            Content::Text(text) => Object::Altered(text),
        })
    }
}

pub(super) fn archive(row: &mut Row) -> Result<Archive, StoreError> {
    Ok(Archive {
        number: row.count("number")?,
        first: row.count("first")?,
        last: row.count("last")?,
        earliest: row.text("earliest")?,
        latest: row.text("latest")?,
        object: row.text("object")?,
        sha256: row.text("sha256")?,
        at: row.text("at")?,
        key: row.text("key")?,
        mac: row.text("mac")?,
    })
}
