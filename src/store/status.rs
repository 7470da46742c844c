//! The state of the service, for administrators. Every count ends at a limit, so that its cost does not grow with the
//! tables.

use super::checkpoints::LAST_ROW;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::timestamp::Timestamp;

/// Maximum of every count.
pub const MAX_COUNT: u32 = 10_000;

const ENTRIES_SINCE: &str = "
    SELECT count(*) AS n FROM (SELECT 1 FROM audit WHERE kind = ?1 AND at >= ?2 LIMIT ?3)";

/// The index has the condition on failures. All names that no user has share one counter, which locks nothing.
const LOCKED: &str = "
    SELECT count(*) AS n FROM (
      SELECT 1 FROM sign_in_attempts
      WHERE failures >= 100 AND key >= 'account:' AND key < 'account;' AND key <> 'account:unknown' LIMIT ?1)";

const USERS: &str = "SELECT count(*) AS n FROM (SELECT 1 FROM users LIMIT ?1)";

const OLDEST: &str = "SELECT at FROM audit ORDER BY number LIMIT 1";

const LAST_CHECKPOINT: &str = "
    SELECT number, last, at FROM audit_checkpoints WHERE number = (SELECT max(number) FROM audit_checkpoints)";

const ARCHIVES: &str = "SELECT coalesce(max(number), 0) AS n FROM audit_archives";

const WEBHOOK: &str = "SELECT last, sent_at FROM audit_webhook WHERE id = 1";

const CRON: &str = "SELECT started_at, ended_at, failed FROM cron_runs WHERE id = 1";

/// Secrets of one-time codes that another key than the current one has sealed: the cron event seals those of the previous key again, and
/// the others cannot be used.
const TOTP_OF_OTHER_KEYS: &str = "
    SELECT count(*) AS n FROM (
      SELECT 1 FROM totp WHERE key_id < ?1 UNION ALL SELECT 1 FROM totp WHERE key_id > ?1 LIMIT ?2)";

const PENDING_SIGN_INS: &str = "
    SELECT count(*) AS n FROM (
      SELECT 1 FROM pending_sign_ins WHERE expires_at > ?1 AND session_id IS NULL LIMIT ?2)";

const RECORD_CRON: &str = "
    INSERT INTO cron_runs (id, started_at, ended_at, failed) VALUES (1, ?1, ?2, ?3)
    ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, failed = excluded.failed";

/// The last checkpoint.
#[derive(Debug)]
pub struct LastCheckpoint {
    /// 1, 2, 3, …
    pub number: u32,
    /// Number of its last row.
    pub last: u32,
    /// When it was made.
    pub at: String,
}

/// The progress of the webhook.
#[derive(Debug)]
pub struct Sent {
    /// Number of the last entry.
    pub last: u32,
    /// When it was sent.
    pub at: String,
}

/// The last cron event.
#[derive(Debug)]
pub struct CronRun {
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: String,
    /// The parts that failed.
    pub failed: Vec<String>,
}

/// The state. A count of [`MAX_COUNT`] may be higher.
#[derive(Debug)]
pub struct Status {
    /// Number of entries of the kinds that were asked for.
    pub counts: [u32; 2],
    /// Number of locked accounts.
    pub locked: u32,
    /// Number of users.
    pub users: u32,
    /// Time of the oldest entry in D1.
    pub oldest: Option<String>,
    /// The last checkpoint.
    pub checkpoint: Option<LastCheckpoint>,
    /// Number of the last entry; 0 if there is none.
    pub last: u32,
    /// Number of the last entry that a checkpoint covers.
    pub covered: u32,
    /// Number of the last archived entry.
    pub archived: u32,
    /// Number of archives.
    pub archives: u32,
    /// The progress of the webhook.
    pub sent: Option<Sent>,
    /// The last cron event.
    pub cron: Option<CronRun>,
    /// Size of the database in bytes.
    pub bytes: f64,
    /// Number of secrets of one-time codes that another key than the current one has sealed.
    pub totp_of_other_keys: u32,
    /// Number of sign-ins that wait for a second factor.
    pub pending_sign_ins: u32,
}

/// What to count.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The kinds of entries.
    pub kinds: [&'static str; 2],
    /// The time since which entries are counted.
    pub since: Timestamp,
    /// The id of the current `FACTOR_KEY`; empty without one.
    pub factor_key: &'a str,
    /// The time of the request.
    pub now: Timestamp,
}

/// Reads the state.
///
/// # Errors
/// Any [`StoreError`].
pub async fn read(database: &Database, scope: &Scope<'_>) -> Result<Status, StoreError> {
    let [one, other] = scope.kinds.map(|kind| {
        Statement::new(ENTRIES_SINCE)
            .text(kind)
            .text(scope.since.to_string())
            .number(MAX_COUNT)
    });
    let [
        one,
        other,
        locked,
        users,
        oldest,
        checkpoint,
        ends,
        objects,
        sent,
        other_keys,
        pending,
        cron,
    ] = database
        .batch([
            one,
            other,
            Statement::new(LOCKED).number(MAX_COUNT),
            Statement::new(USERS).number(MAX_COUNT),
            Statement::new(OLDEST),
            Statement::new(LAST_CHECKPOINT),
            Statement::new(LAST_ROW),
            Statement::new(ARCHIVES),
            Statement::new(WEBHOOK),
            Statement::new(TOTP_OF_OTHER_KEYS)
                .text(scope.factor_key)
                .number(MAX_COUNT),
            Statement::new(PENDING_SIGN_INS)
                .text(scope.now.to_string())
                .number(MAX_COUNT),
            Statement::new(CRON),
        ])
        .await?;
    let ends = ends.first(|row| {
        Ok((
            row.count("last")?,
            row.count("covered")?,
            row.count("archived")?,
        ))
    })?;
    let (last, covered, archived) = ends.unwrap_or_default();
    Ok(Status {
        counts: [count(&one)?, count(&other)?],
        locked: count(&locked)?,
        users: count(&users)?,
        oldest: oldest.first(|row| row.text("at"))?,
        checkpoint: checkpoint.first(|row| {
            Ok(LastCheckpoint {
                number: row.count("number")?,
                last: row.count("last")?,
                at: row.text("at")?,
            })
        })?,
        last,
        covered,
        archived,
        archives: count(&objects)?,
        sent: sent.first(|row| {
            Ok(Sent {
                last: row.count("last")?,
                at: row.text("sent_at")?,
            })
        })?,
        cron: cron.first(|row| {
            let failed = row.text("failed")?;
            let names = failed.split(',').filter(|name| !name.is_empty());
            Ok(CronRun {
                failed: names.map(str::to_owned).collect(),
                started_at: row.text("started_at")?,
                ended_at: row.text("ended_at")?,
            })
        })?,
        bytes: cron.bytes,
        totp_of_other_keys: count(&other_keys)?,
        pending_sign_ins: count(&pending)?,
    })
}

/// Records the end of a cron event.
///
/// # Errors
/// Any [`StoreError`].
pub async fn record_cron(
    database: &Database,
    started_at: Timestamp,
    ended_at: Timestamp,
    failed: &[&'static str],
) -> Result<(), StoreError> {
    let record = Statement::new(RECORD_CRON)
        .text(started_at.to_string())
        .text(ended_at.to_string())
        .text(failed.join(","));
    database.batch([record]).await.map(drop)
}

fn count(found: &Outcome) -> Result<u32, StoreError> {
    Ok(found.first(|row| row.count("n"))?.unwrap_or_default())
}
