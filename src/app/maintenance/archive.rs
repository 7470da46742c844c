//! The archive part of the cron event: erases addresses, and moves old ranges of the audit log from D1 to R2.
//!
//! A range is read and verified, written to R2 and read back, and then recorded and deleted in one batch. An event that is
//! interrupted before the batch has changed nothing but the object, which the next event writes again under the same key.

use super::Report;
use crate::app::App;
use crate::domain::audit::{
    ArchivedAccount, Checkpoint, MAX_ARCHIVE_ROWS, MAX_CHECKPOINT_ROWS, Verified, Violation,
    stated_accounts, write_lines,
};
use crate::runtime::StoreError;
use crate::runtime::log::{self, Finding};
use crate::store::audit_accounts;
use crate::store::audit_archive::Due;
use crate::store::audit_webhook;
use crate::timestamp::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// Maximum number of objects per cron event: 8,000 rows, which keeps up with 13 entries per second and takes about a fifth of the
/// CPU limit of one second (`cpu_ms` in wrangler.toml).
const MAX_OBJECTS: usize = 4;

/// Days after which an object is written that is not full. A day of a small service is then one object.
const DAYS_PER_OBJECT: i64 = 1;

/// Days for which entries stay longer while they are not sent to the webhook yet.
const DAYS_FOR_WEBHOOK: i64 = 30;

/// Why a range was not archived.
enum NotArchived {
    /// A store failed; the next event continues.
    Unavailable,
    /// The range was altered. It stays, so that the difference can be examined.
    Broken(Violation),
}

impl From<StoreError> for NotArchived {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

/// The time until which the addresses of entries are erased.
pub(super) fn erased_until(app: &App, now: Timestamp) -> Timestamp {
    days_before(now, app.config.audit.client_retention_days)
}

fn days_before(time: Timestamp, days: i64) -> Timestamp {
    time.plus(days.saturating_mul(SECONDS_PER_DAY).saturating_neg())
}

/// Archives the ranges that are older than `AUDIT_RETENTION_DAYS`, up to the maximum of one event.
pub(super) async fn run(app: &App, now: Timestamp, report: &mut Report) {
    match move_ranges(app, now, report).await {
        Ok(()) => {}
        Err(NotArchived::Unavailable) => report.failed("audit_archives"),
        Err(NotArchived::Broken(Violation { number, reason })) => {
            report.broken(&Finding::Row {
                number,
                reason: reason.as_str(),
            });
        }
    }
}

async fn move_ranges(app: &App, now: Timestamp, report: &mut Report) -> Result<(), NotArchived> {
    let Some(days) = app.config.audit.retention_days else {
        return Ok(());
    };
    if !app.archives.has_bucket() {
        return Ok(());
    }
    let until = days_before(now, days);
    let sent_to = match &app.config.audit.webhook {
        Some(_) => audit_webhook::position(app.database).await?.sent_to,
        None => u32::MAX,
    };
    for _ in 0..MAX_OBJECTS {
        let mut due = app.archives.due(until).await?;
        wait_for_webhook(&mut due.checkpoints, sent_to, until);
        if !is_worth_an_object(&due.checkpoints, until) {
            break;
        }
        let last = due.checkpoints.last().map(|checkpoint| checkpoint.last);
        if last.is_some_and(|last| last > sent_to) {
            log::webhook_failed("skipped");
            report.add("audit_webhook");
        }
        if !archive(app, due, now).await? {
            break;
        }
    }
    Ok(())
}

/// Excludes checkpoints with entries that the webhook has not received yet, unless they have waited for long enough.
fn wait_for_webhook(checkpoints: &mut Vec<Checkpoint>, sent_to: u32, until: Timestamp) {
    let waited = days_before(until, DAYS_FOR_WEBHOOK).to_string();
    let is_due = |checkpoint: &Checkpoint| checkpoint.last <= sent_to || checkpoint.at <= waited;
    let count = checkpoints.iter().take_while(|due| is_due(due)).count();
    checkpoints.truncate(count);
}

/// Whether these checkpoints fill an object, or the oldest one has waited for long enough.
fn is_worth_an_object(checkpoints: &[Checkpoint], until: Timestamp) -> bool {
    let Some((first, last)) = checkpoints.first().zip(checkpoints.last()) else {
        return false;
    };
    let rows = last.last.saturating_sub(first.first).saturating_add(1);
    let is_full = rows.saturating_add(MAX_CHECKPOINT_ROWS) > MAX_ARCHIVE_ROWS;
    let waited = days_before(until, DAYS_PER_OBJECT);
    is_full || first.at <= waited.to_string()
}

/// Archives these checkpoints. Returns false if they have to wait.
async fn archive(app: &App, due: Due, now: Timestamp) -> Result<bool, NotArchived> {
    let number = due
        .last
        .as_ref()
        .map_or(1, |last| last.number.saturating_add(1));
    let after = due.last.as_ref().map_or(0, |last| last.last);
    let Some(last) = due.checkpoints.last().map(|checkpoint| checkpoint.last) else {
        return Ok(false);
    };
    let range = app.archives.range(after.saturating_add(1), last).await?;
    let count = last.saturating_sub(after);
    let rows = app.checkpoints.rows_after(after, count).await?;
    let mut rest = &rows[..];
    let mut previous = range.before.as_ref();
    for checkpoint in &range.checkpoints {
        let covered = rest.partition_point(|(row, _)| row.number <= checkpoint.last);
        let (covered, later) = rest.split_at_checked(covered).unwrap_or((rest, &[]));
        app.audit_keys
            .verify_checkpoint(previous, checkpoint, covered, &mut Verified::default())
            .map_err(NotArchived::Broken)?;
        rest = later;
        previous = Some(checkpoint);
    }
    let text = write_lines(&rows, &range.checkpoints, range.before.as_ref());
    let Some(archive) = app.audit_keys.archive(number, &rows, &text, now) else {
        return Ok(false);
    };
    let stated = stated_accounts(&rows);
    let subjects: Vec<&String> = stated.keys().collect();
    let known = audit_accounts::of_users(app.database, &subjects).await?;
    // `accounts.rs` has to compare such a row first; in this event or in a later one.
    let is_old = |account: &ArchivedAccount| app.audit_keys.has_signed_account_before(account);
    if known.iter().any(is_old) {
        return Ok(false);
    }
    let accounts = app.audit_keys.archived_accounts(known, &rows);
    app.archives.put(&archive, text).await?;
    app.archives.add(&archive, &accounts).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(first: u32, last: u32, at: Timestamp) -> Checkpoint {
        Checkpoint {
            number: 1,
            first,
            last,
            at: at.to_string(),
            key: String::new(),
            marks: String::new(),
            mac: String::new(),
        }
    }

    #[test]
    fn entries_wait_thirty_days_for_the_webhook() {
        let until = Timestamp::from_seconds(100 * SECONDS_PER_DAY);
        let old = days_before(until, DAYS_FOR_WEBHOOK);
        for (sent_to, second, expected) in [
            (u32::MAX, until, 2),
            (600, until, 2),
            (599, until, 1),
            (499, old.plus(1), 0),
            (500, old, 2),
        ] {
            let first = checkpoint(1, 500, second);
            let mut due = vec![first, checkpoint(501, 600, second)];
            wait_for_webhook(&mut due, sent_to, until);
            assert_eq!(due.len(), expected, "{sent_to}");
        }
    }

    #[test]
    fn object_has_a_day_or_is_full() {
        let until = Timestamp::from_seconds(10 * SECONDS_PER_DAY);
        let (new, old) = (until, until.plus(-SECONDS_PER_DAY));
        for (checkpoints, expected) in [
            (vec![], false),
            (vec![checkpoint(1, 500, new)], false),
            (vec![checkpoint(1, 500, old)], true),
            (
                vec![checkpoint(1, 500, old.plus(1)), checkpoint(501, 600, new)],
                false,
            ),
            (
                vec![checkpoint(1, 500, new), checkpoint(501, 1_500, new)],
                false,
            ),
            (
                vec![checkpoint(1, 500, new), checkpoint(501, 1_501, new)],
                true,
            ),
        ] {
            assert_eq!(
                is_worth_an_object(&checkpoints, until),
                expected,
                "{checkpoints:?}"
            );
        }
    }
}
