//! The audit part of the cron event: makes checkpoints of new rows, and verifies rows, tables and users. Differences are
//! logged; `GET /audit/verify` reports the details.

use super::Report;
use crate::app::App;
use crate::domain::audit::{
    Account, Checkpoint, Head, MAX_CHECKPOINT_ROWS, Verified, Violation, ViolationKind,
    first_after, schema_changes,
};
use crate::runtime::StoreError;
use crate::runtime::log::Finding;
use crate::runtime::random;
use crate::store::checkpoints::{End, StoredHead};
use crate::store::integrity;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// Maximum number of checkpoints per cron event. With 500 rows each, this keeps up with 50 entries per second and uses half of
/// the CPU limit of one second (`cpu_ms` in wrangler.toml).
const MAX_CHECKPOINTS: usize = 60;
/// Maximum number of users that one statement compares.
const ACCOUNTS_PER_READ: u32 = 1_000;
/// Maximum number of statements for the users above the role `user`.
const MAX_PRIVILEGED_STATEMENTS: u32 = 5;
/// Maximum number of lines that one event logs per kind of finding.
const MAX_LOG_LINES: usize = 20;

/// Why no more checkpoints are made.
enum Stopped {
    /// A store failed; the next event continues.
    Unavailable,
    /// The log was altered. A checkpoint would conceal that.
    Broken(Violation),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable | StoreError::Conflict => Self::Unavailable,
            StoreError::CorruptRow(_) => broken(0, ViolationKind::Unreadable),
        }
    }
}

/// Runs all parts; a failure of one does not prevent the others.
pub(super) async fn run(app: &App, now: Timestamp, report: &mut Report) {
    match make_checkpoints(app, now, report).await {
        Ok(()) => {}
        Err(Stopped::Unavailable) => report.failed("audit_checkpoints"),
        Err(Stopped::Broken(violation)) => found(violation, report),
    }
    let compared = compare_schema(app, report).await;
    report.check("sqlite_master", &compared);
    let compared = compare_accounts(app, report).await;
    report.check("users", &compared);
}

fn found(Violation { number, reason }: Violation, report: &mut Report) {
    report.broken(&Finding::Row {
        number,
        reason: reason.as_str(),
    });
}

fn broken(number: u32, reason: ViolationKind) -> Stopped {
    Stopped::Broken(Violation { number, reason })
}

/// Returns the last checkpoint, and makes sure that the head outside of D1 identifies it.
async fn last_checkpoint(app: &App, report: &mut Report) -> Result<Option<Checkpoint>, Stopped> {
    // The head is read before D1; otherwise a checkpoint that is made in between would seem to be missing in D1.
    let head = app.checkpoints.head(&app.audit_keys).await?;
    let End {
        checkpoint: last,
        previous,
        row,
    } = app.checkpoints.end().await?;
    let first = last.as_ref().map_or(1, |last| last.first);
    if head == StoredHead::Altered {
        return Err(broken(first, ViolationKind::HeadAltered));
    }
    let head = head.known();
    let after = first_after(last.as_ref());
    if head.is_some_and(|head| head.checkpoint > last.as_ref().map_or(0, |last| last.number)) {
        return Err(broken(after, ViolationKind::Truncated));
    }
    let Some(last) = last else {
        return Ok(None);
    };
    // New rows would take the numbers of the removed ones and would never be covered.
    if row < last.last {
        return Err(broken(row.saturating_add(1), ViolationKind::Truncated));
    }
    if head.is_some_and(|head| !head.allows(&last)) {
        return Err(broken(first, ViolationKind::HeadDiffers));
    }
    if head.is_some_and(|head| head.checkpoint == last.number) {
        return Ok(Some(last));
    }
    // The head was not stored when this checkpoint was made: verify the checkpoint and store the head before making more.
    let rows = app.checkpoints.rows_of(&last).await?;
    if !app.audit_keys.has_made(previous.as_ref(), &last, &rows) {
        return Err(broken(first, ViolationKind::CheckpointAltered));
    }
    if head.is_none() && last.number > 1 {
        let missing = Violation {
            number: first,
            reason: ViolationKind::HeadMissing,
        };
        found(missing, report);
    }
    keep_head(app, &last).await?;
    Ok(Some(last))
}

async fn keep_head(app: &App, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let head = Head::of(checkpoint);
    app.checkpoints.put_head(&app.audit_keys, &head).await
}

/// Makes checkpoints of the new rows. No other function does. If two events run at the same time, one adds a checkpoint and the
/// other stops.
async fn make_checkpoints(app: &App, now: Timestamp, report: &mut Report) -> Result<(), Stopped> {
    let mut last = last_checkpoint(app, report).await?;
    let mut has_more = false;
    let mut lines = 0;
    for _ in 0..MAX_CHECKPOINTS {
        let after = last.as_ref().map_or(0, |last| last.last);
        let rows = app
            .checkpoints
            .rows_after(after, MAX_CHECKPOINT_ROWS)
            .await?;
        let Some(checkpoint) = app.audit_keys.checkpoint(last.as_ref(), &rows, now) else {
            break;
        };
        // A row that fails is covered as it is, so that later rows are covered too; `/audit/verify` still reports it.
        let covered = rows.partition_point(|(row, _)| row.number <= checkpoint.last);
        let rows = rows.get(..covered).unwrap_or(&rows);
        let mut verified = Verified::default();
        let checked =
            app.audit_keys
                .verify_checkpoint(last.as_ref(), &checkpoint, rows, &mut verified);
        if let Err(violation) = checked
            && lines < MAX_LOG_LINES
        {
            lines = lines.saturating_add(1);
            found(violation, report);
        }
        if !app.checkpoints.add(&checkpoint).await? {
            return Ok(());
        }
        last = Some(checkpoint);
        has_more = true;
    }
    if let Some(last) = last.filter(|_| has_more) {
        keep_head(app, &last).await?;
    }
    Ok(())
}

async fn compare_schema(app: &App, report: &mut Report) -> Result<(), StoreError> {
    let found = integrity::schema(app.database).await?;
    for change in schema_changes(&found).iter().take(MAX_LOG_LINES) {
        report.broken(&Finding::Schema {
            kind: &change.kind,
            name: &change.name,
            difference: change.difference.as_str(),
        });
    }
    Ok(())
}

/// All users above the role `user`, and a thousand of the others, beginning with a random one.
async fn compare_accounts(app: &App, report: &mut Report) -> Result<(), StoreError> {
    let mut lines = MAX_LOG_LINES;
    let mut after = String::new();
    for _ in 0..MAX_PRIVILEGED_STATEMENTS {
        let found =
            integrity::privileged(app.database, &app.audit_keys, &after, ACCOUNTS_PER_READ).await?;
        compare(&found, &mut lines, report);
        match found.last() {
            Some(last) if found.len() == ACCOUNTS_PER_READ as usize => after.clone_from(&last.id),
            _ => break,
        }
    }
    let start = random::bytes().map_err(|_| StoreError::Unavailable)?;
    let start = Uuid::from_bytes(start).to_string();
    let keys = &app.audit_keys;
    let mut found = integrity::accounts(app.database, keys, &start, ACCOUNTS_PER_READ).await?;
    let rest = ACCOUNTS_PER_READ.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
    if rest > 0 {
        let more = integrity::accounts(app.database, keys, "", rest).await?;
        found.extend(more.into_iter().filter(|account| account.id <= start));
    }
    found.retain(|account| account.role == "user");
    compare(&found, &mut lines, report);
    Ok(())
}

fn compare(accounts: &[Account], lines: &mut usize, report: &mut Report) {
    for change in accounts.iter().flat_map(Account::changes) {
        if *lines == 0 {
            return;
        }
        *lines = lines.saturating_sub(1);
        report.broken(&Finding::User {
            // An invalid id was not written by this service.
            user: Uuid::try_parse(&change.user).unwrap_or_default(),
            field: change.field.as_str(),
        });
    }
}
