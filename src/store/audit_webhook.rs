//! The entries that were sent to `AUDIT_WEBHOOK_URL`: table `audit_webhook`.

use super::audit_rows::chained;
use crate::domain::audit::Entry;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

const PENDING: &str = "
    SELECT audit.number, audit.mac, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           salt, address, device
    FROM audit
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    WHERE audit.number > coalesce((SELECT last FROM audit_webhook WHERE audit_webhook.id = 1), 0)
    ORDER BY audit.number LIMIT ?1";

const POSITION: &str = "
    SELECT coalesce((SELECT last FROM audit_webhook WHERE id = 1), 0) AS sent_to,
           coalesce((SELECT sent_at FROM audit_webhook WHERE id = 1), '') AS sent_at,
           coalesce((SELECT max(number) FROM audit), 0) AS last";

/// Begins after the last entry until this time.
const RESET: &str = "
    UPDATE audit_webhook
    SET last = coalesce((SELECT number FROM audit WHERE at <= ?1 ORDER BY at DESC, number DESC LIMIT 1), 0)
    WHERE id = 1 AND last > ?2";

/// Entries of this many seconds before the last message are sent again after a reset: they may have been committed later.
const OVERLAP_SECONDS: i64 = 600;

/// How far the entries were sent.
#[derive(Debug)]
pub struct Position {
    /// Number of the last entry that was sent; 0 if there is none.
    pub sent_to: u32,
    /// When it was sent, as stored.
    pub sent_at: String,
    /// Number of the last entry; 0 if there is none.
    pub last: u32,
}

/// The number never decreases, even if two cron events run at the same time.
const ADVANCE: &str = "
    INSERT INTO audit_webhook (id, last, sent_at) VALUES (1, ?1, ?2)
    ON CONFLICT (id) DO UPDATE SET last = excluded.last, sent_at = excluded.sent_at
    WHERE excluded.last > audit_webhook.last";

/// The first entries that were not sent, with their numbers. Before the first message, these are the oldest ones in D1.
///
/// # Errors
/// Any [`StoreError`].
pub async fn pending(database: &Database, limit: u32) -> Result<Vec<(u32, Entry)>, StoreError> {
    let find = Statement::new(PENDING).number(limit);
    let [found] = database.batch([find]).await?;
    let rows = chained(&found)?.into_iter();
    Ok(rows.map(|(row, entry)| (row.number, entry)).collect())
}

/// How far the entries were sent.
///
/// # Errors
/// Any [`StoreError`].
pub async fn position(database: &Database) -> Result<Position, StoreError> {
    let [found] = database.batch([Statement::new(POSITION)]).await?;
    let position = found.first(|row| {
        Ok(Position {
            sent_to: row.count("sent_to")?,
            sent_at: row.text("sent_at")?,
            last: row.count("last")?,
        })
    })?;
    position.ok_or(StoreError::CorruptRow("audit_webhook"))
}

/// Replaces a number for which there is no entry yet: entries after the time of the last message are sent, or sent again.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reset(database: &Database, position: &Position) -> Result<(), StoreError> {
    let sent_at = Timestamp::parse(&position.sent_at);
    let until = sent_at.map(|at| at.minus(OVERLAP_SECONDS).to_string());
    let reset = Statement::new(RESET)
        .text(until.unwrap_or_default())
        .number(position.last);
    database.batch([reset]).await.map(drop)
}

/// Records that the entries up to this number were sent.
///
/// # Errors
/// Any [`StoreError`]; then they are sent again.
pub async fn advance(database: &Database, last: u32, now: Timestamp) -> Result<(), StoreError> {
    let advance = Statement::new(ADVANCE).number(last).text(now.to_string());
    database.batch([advance]).await.map(drop)
}
