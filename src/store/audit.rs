//! The audit log: table `audit`. Entries go in with what they record, as a statement of the same batch; the database
//! itself refuses everything but more of them.

use super::StoreError;
use super::d1::{Database, Statement};
use super::seals::placed;
use crate::account::audit::{Entry, Kind, Placed, Signed};
use crate::account::timestamp::Timestamp;
use uuid::Uuid;

/// `changes()` is what the statement just before has written, of D1's batch as of any connection.
const APPEND: &str = "
    INSERT INTO audit
      (number, id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request, mac)
    SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
    WHERE ?14 = 0 OR changes() > 0";

/// Writes an entry.
#[must_use]
pub fn append(entry: &Signed) -> Statement {
    statement(entry).number(0)
}

/// Writes an entry if the statement just before it in the batch has written something; where that is an entry too, both
/// are written or neither.
#[must_use]
pub fn append_if_changed(entry: &Signed) -> Statement {
    statement(entry).number(1)
}

fn statement(signed: &Signed) -> Statement {
    let entry = &signed.entry;
    Statement::new(APPEND)
        .text(&entry.id)
        .text(&entry.at)
        .text(&entry.kind)
        .text(&entry.outcome)
        .optional(entry.actor.as_ref())
        .optional(entry.subject.as_ref())
        .optional(entry.name_key.as_ref())
        .optional(entry.session.as_ref())
        .optional(entry.detail.as_ref())
        .optional(entry.address.as_ref())
        .optional(entry.device.as_ref())
        .text(&entry.request)
        .text(&signed.mac)
}

/// `?1` to `?2` are the times, `?3` and `?4` the time and number of the last entry shown before, `?5` how many.
const LATEST: &str = "
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request
    FROM audit LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    WHERE at >= ?1 AND at <= ?2 AND (at < ?3 OR audit.number < ?4)
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

const LATEST_OF_KIND: &str = "
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request
    FROM audit LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    WHERE kind = ?6 AND at >= ?1 AND at <= ?2 AND (at < ?3 OR audit.number < ?4)
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

/// Two searches, each in the order of its index, so that neither reads more than it gives.
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
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request
    FROM found JOIN audit ON audit.number = found.number
    LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    ORDER BY at DESC, audit.number DESC LIMIT ?5";

/// Which entries, newest first.
#[derive(Debug)]
pub struct Search {
    /// Of whom they are, or about whom.
    pub user: Option<Uuid>,
    /// What happened.
    pub kind: Option<Kind>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Option<Timestamp>,
    /// Older than this one, by time and number.
    pub before: Option<(Timestamp, u32)>,
    /// At most so many.
    pub limit: u32,
}

/// Sorts before every time.
const EARLIEST: &str = "";
/// Sorts after every time.
const LATEST_TIME: &str = "~";

/// Searches the log.
///
/// # Errors
/// Any [`StoreError`].
pub async fn search(
    database: &Database,
    search: &Search,
) -> Result<Vec<(Placed, Entry)>, StoreError> {
    let time = |time: Option<Timestamp>, otherwise: &str| {
        time.map_or(otherwise.to_owned(), |time| time.to_string())
    };
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
        .text(time(search.from, EARLIEST))
        .text(time(to, LATEST_TIME))
        .text(time(before, LATEST_TIME))
        .number(number.unwrap_or(0))
        .number(search.limit);
    if let Some(user) = search.user {
        statement = statement
            .text(user.to_string())
            .optional(search.kind.map(Kind::as_str));
    } else if let Some(kind) = search.kind {
        statement = statement.text(kind.as_str());
    }
    let [found] = database.batch([statement]).await?;
    placed(&found)
}
