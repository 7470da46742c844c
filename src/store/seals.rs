//! Seals of the audit log: tables `audit_signatures` and `audit_seals`, and outside of D1 the head.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `audit-head` | `{"seal": number, "last": row, "mac": hex}` of the last seal | for good |
//!
//! KV may give an older head for a minute, or keep one if a put failed: a head is never newer than D1, so one that is
//! behind proves nothing and one that is ahead proves that seals were removed.

use super::StoreError;
use super::d1::{Database, Outcome, Statement};
use super::kv::Kv;
use super::row::Row;
use crate::account::audit::{Entry, Head, Placed, SEAL_LENGTH, Seal};
use crate::account::timestamp::Timestamp;
use crate::json::{FromJson, Object};

const HEAD_KEY: &str = "audit-head";

const LAST_SEALS: &str = "
    SELECT number, first, last, at, marks, mac FROM audit_seals
    WHERE number >= (SELECT max(number) FROM audit_seals) - 1 ORDER BY number DESC";

const SEALS_AFTER: &str = "
    SELECT number, first, last, at, marks, mac FROM audit_seals WHERE last > ?1 ORDER BY last LIMIT ?2";

const SEAL_BEFORE: &str = "
    SELECT number, first, last, at, marks, mac FROM audit_seals WHERE last <= ?1 ORDER BY last DESC LIMIT 1";

const LAST_ROW: &str = "
    SELECT coalesce((SELECT max(number) FROM audit), 0) AS last,
           coalesce((SELECT max(last) FROM audit_seals), 0) AS sealed";

/// Only those of the command line: nobody else may lack the key.
const UNSIGNED: &str = "
    SELECT audit.number, id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request
    FROM audit
    WHERE audit.mac IS NULL AND audit.number > ?1 AND actor = 'command-line'
      AND NOT EXISTS (SELECT 1 FROM audit_signatures WHERE audit_signatures.number = audit.number)
    ORDER BY audit.number LIMIT ?2";

/// The one that comes first signs; another cron at the same time changes nothing.
const SIGN: &str = "
    INSERT INTO audit_signatures (number, mac, signed_at) SELECT ?1, ?2, ?3
    WHERE NOT EXISTS (SELECT 1 FROM audit_signatures WHERE number = ?1)";

const ROWS_BETWEEN: &str = "
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at
    FROM audit LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    WHERE audit.number > ?1 AND audit.number <= ?2 ORDER BY audit.number LIMIT ?3";

const ENTRIES_AFTER: &str = "
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request
    FROM audit LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    WHERE audit.number > ?1 ORDER BY audit.number LIMIT ?2";

/// Only after the seal that it holds on to.
const SEAL: &str = "
    INSERT INTO audit_seals (number, first, last, at, marks, mac) SELECT ?1, ?2, ?3, ?4, ?5, ?6
    WHERE ?1 = (SELECT coalesce(max(number), 0) + 1 FROM audit_seals)";

/// Entries that are signed at once.
const SIGNED_AT_ONCE: u32 = 100;

/// Where the log ends.
#[derive(Debug)]
pub struct End {
    /// The last seal.
    pub seal: Option<Seal>,
    /// The one before it.
    pub previous: Option<Seal>,
    /// Number of the last row; 0 if there is none.
    pub row: u32,
}

/// What waits for the cron.
#[derive(Debug)]
pub struct Pending {
    /// Entries of the command line that have no signature yet, with their numbers.
    pub unsigned: Vec<(u32, Entry)>,
    /// The first rows that are not sealed, as many as one seal takes.
    pub rows: Vec<Placed>,
}

/// Rows to verify.
#[derive(Debug)]
pub struct Range {
    /// The seal before.
    pub before: Option<Seal>,
    /// The seals after it.
    pub seals: Vec<Seal>,
    /// The last row there is.
    pub last: u32,
    /// The last row that is sealed.
    pub sealed: u32,
}

/// The seals of the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Seals {
    database: &'static Database,
    kv: &'static Kv,
}

impl Seals {
    /// Seals in this database, their head in this namespace.
    #[must_use]
    pub fn new(database: &'static Database, kv: &'static Kv) -> Self {
        Self { database, kv }
    }

    /// The head, if there is one. Whoever compares D1 with it has to read it first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn head(&self) -> Result<Option<Head>, StoreError> {
        let text = self.kv.get(&HEAD_KEY.into()).await?;
        text.map(|text| Head::from_json(&mut Object::read(&String::from(text))?))
            .transpose()
            .map_err(|_| StoreError::CorruptRow("audit-head"))
    }

    /// Keeps the head.
    ///
    /// # Errors
    /// `Unavailable`; the next cron makes it up.
    pub async fn put_head(&self, head: &Head) -> Result<(), StoreError> {
        // Cannot fail: numbers and a string.
        let text = serde_json::to_string(head).unwrap_or_default();
        self.kv.keep(HEAD_KEY, &text).await
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn end(&self) -> Result<End, StoreError> {
        let statements = [Statement::new(LAST_SEALS), Statement::new(LAST_ROW)];
        let [found, ends] = self.database.batch(statements).await?;
        let mut seals = found.rows(seal)?.into_iter();
        Ok(End {
            seal: seals.next(),
            previous: seals.next(),
            row: last(&ends)?.0,
        })
    }

    /// What is after this row, at one moment.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn pending(&self, after: u32) -> Result<Pending, StoreError> {
        let [unsigned, rows] = self
            .database
            .batch([
                Statement::new(UNSIGNED)
                    .number(after)
                    .number(SIGNED_AT_ONCE),
                rows_between(after, u32::MAX),
            ])
            .await?;
        Ok(Pending {
            unsigned: unsigned.rows(|row| Ok((row.count("number")?, entry(row)?)))?,
            rows: rows.rows(place)?,
        })
    }

    /// The rows of a seal.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn rows_of(&self, seal: &Seal) -> Result<Vec<Placed>, StoreError> {
        let rows = rows_between(seal.first.saturating_sub(1), seal.last);
        let [found] = self.database.batch([rows]).await?;
        found.rows(place)
    }

    /// Adds signatures, by number and mac; whoever came first has signed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn sign(
        &self,
        signatures: Vec<(u32, String)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.to_string();
        let sign = |(number, mac)| Statement::new(SIGN).number(number).text(mac).text(&now);
        let statements = signatures.into_iter().map(sign).collect();
        self.database.all(statements).await.map(drop)
    }

    /// Adds a seal; false if another cron was faster.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn add(&self, seal: &Seal) -> Result<bool, StoreError> {
        let add = Statement::new(SEAL)
            .number(seal.number)
            .number(seal.first)
            .number(seal.last)
            .text(&seal.at)
            .text(&seal.marks)
            .text(&seal.mac);
        let [added] = self.database.batch([add]).await?;
        Ok(added.changes > 0)
    }

    /// Up to so many seals that reach beyond this row.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn range(&self, after: u32, seals: u32) -> Result<Range, StoreError> {
        let [before, found, ends] = self
            .database
            .batch([
                Statement::new(SEAL_BEFORE).number(after),
                Statement::new(SEALS_AFTER).number(after).number(seals),
                Statement::new(LAST_ROW),
            ])
            .await?;
        let (last, sealed) = last(&ends)?;
        Ok(Range {
            before: before.first(seal)?,
            seals: found.rows(seal)?,
            last,
            sealed,
        })
    }

    /// Up to so many rows after this one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn rows_after(
        &self,
        after: u32,
        limit: u32,
    ) -> Result<Vec<(Placed, Entry)>, StoreError> {
        let rows = Statement::new(ENTRIES_AFTER).number(after).number(limit);
        let [found] = self.database.batch([rows]).await?;
        placed(&found)
    }
}

/// The numbers that [`LAST_ROW`] gives.
fn last(ends: &Outcome) -> Result<(u32, u32), StoreError> {
    let numbers = ends.first(|row| Ok((row.count("last")?, row.count("sealed")?)))?;
    Ok(numbers.unwrap_or_default())
}

fn seal(row: &mut Row) -> Result<Seal, StoreError> {
    Ok(Seal {
        number: row.count("number")?,
        first: row.count("first")?,
        last: row.count("last")?,
        at: row.text("at")?,
        marks: row.text("marks")?,
        mac: row.text("mac")?,
    })
}

fn place(row: &mut Row) -> Result<Placed, StoreError> {
    Ok(Placed {
        number: row.count("number")?,
        mac: row.optional("mac")?,
        late_mac: row.optional("late_mac")?,
        signed_at: row.optional("signed_at")?,
    })
}

fn entry(row: &mut Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.text("id")?,
        at: row.text("at")?,
        kind: row.text("kind")?,
        outcome: row.text("outcome")?,
        actor: row.optional("actor")?,
        subject: row.optional("subject")?,
        name_key: row.optional("name_key")?,
        session: row.optional("session")?,
        detail: row.optional("detail")?,
        address: row.optional("address")?,
        device: row.optional("device")?,
        request: row.text("request")?,
    })
}

fn rows_between(after: u32, last: u32) -> Statement {
    Statement::new(ROWS_BETWEEN)
        .number(after)
        .number(last)
        .number(SEAL_LENGTH)
}

/// Rows as they stand, with what is in them.
pub(super) fn placed(found: &Outcome) -> Result<Vec<(Placed, Entry)>, StoreError> {
    found.rows(|row| Ok((place(row)?, entry(row)?)))
}
