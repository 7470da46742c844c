//! The audit log: table `audit`. An entry is inserted in the same batch as the write that it records. Triggers refuse to change
//! or delete entries.

use super::audit_archive::{ARCHIVES_BEFORE, archive};
use super::audit_rows::chained;
use crate::domain::audit::{Archive, ChainedRow, Entry, Kind, Signed};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

const APPEND: &str = "
    INSERT INTO audit
      (number, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request, mac)
    SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12";

/// Inserts no row if the entry was not written.
const APPEND_CLIENT: &str = "
    INSERT INTO audit_clients (number, salt, address, device)
    SELECT number, ?2, ?3, ?4 FROM audit WHERE id = ?1";

/// Fails the batch if the entry does not exist. A trigger that skips the entry cannot hide that, because no
/// trigger changes the result of a SELECT.
const CHECK: &str = "
    SELECT CASE WHEN NOT EXISTS (
      SELECT 1 FROM audit
      WHERE id = ?1 AND mac = ?2 AND (client_hash IS NULL
        OR EXISTS (SELECT 1 FROM audit_clients WHERE audit_clients.number = audit.number)))
    THEN json('the audit entry is missing') END";

/// Writes an entry on its own; the batch fails if it was not written.
#[must_use]
pub fn append(signed: &Signed) -> Statement {
    let check = Statement::new(CHECK)
        .text(&signed.entry.id)
        .text(&signed.mac);
    let entry = bind(Statement::new(APPEND), signed);
    entry.followed_by(client(signed)).followed_by([check])
}

/// For [`Statement::insert_if`], whose condition has the first 20 parameters.
const APPEND_IF: &str = "
    INSERT INTO audit
      (number, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request, mac)
    SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit),
           ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32";

/// Runs directly after the write that the entry records, and uses its `changes()`. Fails the batch if only one of the two was
/// done.
const CHECK_BOTH: &str = "
    SELECT CASE WHEN (changes() > 0) <> EXISTS (
      SELECT 1 FROM audit
      WHERE id = ?1 AND mac = ?2 AND (client_hash IS NULL
        OR EXISTS (SELECT 1 FROM audit_clients WHERE audit_clients.number = audit.number)))
    THEN json('the audit entry and its write differ') END";

/// A write and the entries that record it: all of them are done, or none. `condition` is a SELECT that finds a row if and
/// only if the write is about to change one.
///
/// The entries come before the write: if they came between the write and the checks, `changes()` would no longer refer to the
/// write. The batch fails if an entry was not written although the write was done, for any reason, and vice versa, so a
/// condition that does not match that of the write is noticed at once.
#[must_use]
pub fn recorded<const N: usize>(
    write: Statement,
    condition: impl Fn() -> Statement,
    entries: [&Signed; N],
) -> Statement {
    all_recorded(write, condition, &entries)
}

/// Like [`recorded`], for any number of entries.
#[must_use]
pub fn all_recorded(
    write: Statement,
    condition: impl Fn() -> Statement,
    entries: &[&Signed],
) -> Statement {
    let appends = entries.iter().flat_map(|signed| {
        let entry = bind(Statement::insert_if(APPEND_IF, condition()), signed);
        std::iter::once(entry).chain(client(signed))
    });
    let checks = entries.iter().map(|signed| {
        Statement::new(CHECK_BOTH)
            .text(&signed.entry.id)
            .text(&signed.mac)
    });
    write.preceded_by(appends).followed_by(checks)
}

fn client(signed: &Signed) -> Option<Statement> {
    let client = signed.entry.client.as_ref()?;
    let statement = Statement::new(APPEND_CLIENT)
        .text(&signed.entry.id)
        .text(&client.salt)
        .optional(client.address.as_ref())
        .optional(client.device.as_ref());
    Some(statement)
}

fn bind(statement: Statement, signed: &Signed) -> Statement {
    let entry = &signed.entry;
    statement
        .text(&entry.id)
        .text(&entry.at)
        .text(&entry.kind)
        .text(&entry.outcome)
        .optional(entry.actor.as_ref())
        .optional(entry.subject.as_ref())
        .optional(entry.name_key.as_ref())
        .optional(entry.session.as_ref())
        .optional(entry.detail.as_ref())
        .optional(entry.client_hash.as_ref())
        .text(&entry.request)
        .text(&signed.mac)
}

/// `?1` and `?2` are the earliest and the latest time, `?3` and `?4` are the time and the number of the last entry of the
/// previous page, and `?5` is the maximum number of entries.
const LATEST: &str = "
    SELECT audit.number, audit.mac, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           salt, address, device
    FROM audit
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    WHERE at >= ?1 AND at <= ?2 AND (at < ?3 OR audit.number < ?4)
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

const LATEST_OF_KIND: &str = "
    SELECT audit.number, audit.mac, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           salt, address, device
    FROM audit
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    WHERE kind = ?6 AND at >= ?1 AND at <= ?2 AND (at < ?3 OR audit.number < ?4)
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

/// Two searches, each in the order of its index, so that neither reads more rows than it returns.
const LATEST_OF_USER: &str = "
    WITH found AS (
      SELECT number FROM (
        SELECT number FROM audit
        WHERE subject = ?6 AND at >= ?1 AND at <= ?2 AND (at < ?3 OR number < ?4) AND (?7 IS NULL OR kind = ?7)
        ORDER BY at DESC, number DESC LIMIT ?5)
      UNION ALL
      SELECT number FROM (
        SELECT number FROM audit
        WHERE actor = ?6 AND actor IS NOT subject
          AND at >= ?1 AND at <= ?2 AND (at < ?3 OR number < ?4) AND (?7 IS NULL OR kind = ?7)
        ORDER BY at DESC, number DESC LIMIT ?5))
    SELECT audit.number, audit.mac, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           salt, address, device
    FROM found JOIN audit ON audit.number = found.number
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

/// The entries to return, newest first.
#[derive(Debug)]
pub struct Search {
    /// Only entries with this actor or subject: a user or an OAuth client.
    pub user: Option<Uuid>,
    /// Only entries of this kind.
    pub kind: Option<Kind>,
    /// Only entries at or after this time.
    pub from: Option<Timestamp>,
    /// Only entries at or before this time.
    pub to: Option<Timestamp>,
    /// Only entries that are older than the one with this time and number.
    pub before: Option<(Timestamp, u32)>,
    /// Maximum number of entries.
    pub limit: u32,
}

/// Sorts before every time.
const BEFORE_EVERY_TIME: &str = "";
/// Sorts after every time.
const AFTER_EVERY_TIME: &str = "~";

/// The result of a search.
#[derive(Debug)]
pub struct Found {
    /// The entries in D1.
    pub rows: Vec<(ChainedRow, Entry)>,
    /// The last archives that may contain entries of the times that are searched for.
    pub archives: Vec<Archive>,
}

fn time(time: Option<Timestamp>, otherwise: &str) -> String {
    time.map_or(otherwise.to_owned(), |time| time.to_string())
}

fn archives_before(search: &Search, before: u32, limit: u32) -> Statement {
    Statement::new(ARCHIVES_BEFORE)
        .number(before)
        .text(time(search.from, BEFORE_EVERY_TIME))
        .text(time(search.to, AFTER_EVERY_TIME))
        .number(limit)
}

/// The last archives that begin before this row and may contain entries of the times that are searched for.
///
/// # Errors
/// Any [`StoreError`].
pub async fn archives(
    database: &Database,
    search: &Search,
    before: u32,
    limit: u32,
) -> Result<Vec<Archive>, StoreError> {
    let [found] = database
        .batch([archives_before(search, before, limit)])
        .await?;
    found.rows(archive)
}

/// Searches the log in D1, and the list of archives.
///
/// # Errors
/// Any [`StoreError`].
pub async fn search(
    database: &Database,
    search: &Search,
    archives: u32,
) -> Result<Found, StoreError> {
    let (before, number) = search.before.unzip();
    let to = match (search.to, before) {
        (Some(to), Some(before)) => Some(to.min(before)),
        (to, before) => to.or(before),
    };
    let sql = match (search.user, search.kind) {
        (Some(_), _) => LATEST_OF_USER,
        (None, Some(_)) => LATEST_OF_KIND,
        (None, None) => LATEST,
    };
    let mut statement = Statement::new(sql)
        .text(time(search.from, BEFORE_EVERY_TIME))
        .text(time(to, AFTER_EVERY_TIME))
        .text(time(before, AFTER_EVERY_TIME))
        .number(number.unwrap_or(0))
        .number(search.limit);
    if let Some(user) = search.user {
        statement = statement
            .text(user.to_string())
            .optional(search.kind.map(Kind::as_str));
    } else if let Some(kind) = search.kind {
        statement = statement.text(kind.as_str());
    }
    let [found, archives] = database
        .batch([statement, archives_before(search, u32::MAX, archives)])
        .await?;
    Ok(Found {
        rows: chained(&found)?,
        archives: archives.rows(archive)?,
    })
}
