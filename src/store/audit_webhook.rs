//! The entries that were sent to `AUDIT_WEBHOOK_URL`: table `audit_webhook`.

use super::checkpoints::chained;
use crate::domain::audit::Entry;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

const PENDING: &str = "
    SELECT audit.number, audit.mac, audit_signatures.mac AS late_mac, audit_signatures.signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request, salt, address, device
    FROM audit
    LEFT JOIN audit_signatures ON audit_signatures.number = audit.number
    LEFT JOIN audit_clients ON audit_clients.number = audit.number
    WHERE audit.number > coalesce((SELECT last FROM audit_webhook WHERE audit_webhook.id = 1), 0)
    ORDER BY audit.number LIMIT ?1";

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

/// Records that the entries up to this number were sent.
///
/// # Errors
/// Any [`StoreError`]; then they are sent again.
pub async fn advance(database: &Database, last: u32, now: Timestamp) -> Result<(), StoreError> {
    let advance = Statement::new(ADVANCE).number(last).text(now.to_string());
    database.batch([advance]).await.map(drop)
}
