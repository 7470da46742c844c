//! The role and status of users as archived entries state them: table `audit_accounts`.

use crate::domain::audit::{ArchivedAccount, MAX_ARCHIVE_ROWS};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;

const PUT: &str = "
    INSERT INTO audit_accounts (subject, role_detail, role_number, status_kind, status_number, key, mac)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?1) WHERE true
    ON CONFLICT (subject) DO UPDATE SET
      role_detail = excluded.role_detail, role_number = excluded.role_number,
      status_kind = excluded.status_kind, status_number = excluded.status_number, key = excluded.key, mac = excluded.mac";

const OF_USERS: &str = "
    SELECT subject, role_detail, role_number, status_kind, status_number, audit_accounts.key, mac
    FROM json_each(?1) JOIN audit_accounts ON audit_accounts.subject = json_each.value";

const ROLES_OF_ROWS: &str = "
    SELECT subject, role_detail, role_number, status_kind, status_number, key, mac
    FROM audit_accounts WHERE role_number >= ?1 AND role_number <= ?2 LIMIT ?3";

const STATUS_OF_ROWS: &str = "
    SELECT subject, role_detail, role_number, status_kind, status_number, key, mac
    FROM audit_accounts WHERE status_number >= ?1 AND status_number <= ?2 LIMIT ?3";

/// The order is that of the index, so that rows of the same archive come one after another.
const OF_KEYS_BEFORE: &str = "
    SELECT subject, role_detail, role_number, status_kind, status_number, key, mac
    FROM audit_accounts WHERE key < ?1 ORDER BY key, role_number LIMIT ?2";

const OF_KEYS_AFTER: &str = "
    SELECT subject, role_detail, role_number, status_kind, status_number, key, mac
    FROM audit_accounts WHERE key > ?1 ORDER BY key, role_number LIMIT ?2";

/// Changes nothing in a row that was changed in the meantime.
const SIGN_AGAIN: &str = "
    UPDATE audit_accounts SET key = value ->> 1, mac = value ->> 2 FROM json_each(?1)
    WHERE audit_accounts.subject = value ->> 0 AND audit_accounts.mac = value ->> 3";

/// Adds rows, or replaces those of the same users.
pub(super) fn put(accounts: &[ArchivedAccount]) -> Statement {
    let row = |account: &ArchivedAccount| {
        let ArchivedAccount {
            subject,
            role_detail,
            role_number,
            status_kind,
            status_number,
            key,
            mac,
        } = account.clone();
        (
            subject,
            role_detail,
            role_number,
            status_kind,
            status_number,
            key,
            mac,
        )
    };
    let accounts: Vec<_> = accounts.iter().map(row).collect();
    // Cannot fail: only numbers and strings are serialized.
    Statement::new(PUT).text(serde_json::to_string(&accounts).unwrap_or_default())
}

/// The rows of these users.
///
/// # Errors
/// Any [`StoreError`].
pub async fn of_users(
    database: &Database,
    subjects: &[&String],
) -> Result<Vec<ArchivedAccount>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    // Cannot fail: only strings are serialized.
    let subjects = serde_json::to_string(subjects).unwrap_or_default();
    let [found] = database
        .batch([Statement::new(OF_USERS).text(subjects)])
        .await?;
    found.rows(account)
}

/// The rows with values from these entries. Those of a range of up to [`MAX_ARCHIVE_ROWS`] are complete: if there are more, two of
/// the returned ones name the same entry.
///
/// # Errors
/// Any [`StoreError`].
pub async fn of_rows(
    database: &Database,
    first: u32,
    last: u32,
) -> Result<Vec<ArchivedAccount>, StoreError> {
    let find = |sql| {
        let limit = MAX_ARCHIVE_ROWS.saturating_add(1);
        Statement::new(sql).number(first).number(last).number(limit)
    };
    let [roles, status] = database
        .batch([find(ROLES_OF_ROWS), find(STATUS_OF_ROWS)])
        .await?;
    let mut found = roles.rows(account)?;
    found.extend(status.rows(account)?);
    Ok(found)
}

/// The first rows that another key than this one has signed.
///
/// # Errors
/// Any [`StoreError`].
pub async fn of_other_keys(
    database: &Database,
    key: &str,
    limit: u32,
) -> Result<Vec<ArchivedAccount>, StoreError> {
    let find = |sql| Statement::new(sql).text(key).number(limit);
    let [before, after] = database
        .batch([find(OF_KEYS_BEFORE), find(OF_KEYS_AFTER)])
        .await?;
    let mut found = before.rows(account)?;
    found.extend(after.rows(account)?);
    Ok(found)
}

/// Replaces the signatures of rows, given as the new row and the MAC before.
///
/// # Errors
/// Any [`StoreError`].
pub async fn sign_again(
    database: &Database,
    accounts: &[(ArchivedAccount, String)],
) -> Result<(), StoreError> {
    let row = |(account, before): &(ArchivedAccount, String)| {
        let ArchivedAccount {
            subject, key, mac, ..
        } = account.clone();
        (subject, key, mac, before.clone())
    };
    let accounts: Vec<_> = accounts.iter().map(row).collect();
    // Cannot fail: only strings are serialized.
    let accounts = serde_json::to_string(&accounts).unwrap_or_default();
    let sign = Statement::new(SIGN_AGAIN).text(accounts);
    database.batch([sign]).await.map(drop)
}

fn account(row: &mut Row) -> Result<ArchivedAccount, StoreError> {
    Ok(ArchivedAccount {
        subject: row.text("subject")?,
        role_detail: row.optional("role_detail")?,
        role_number: row.count("role_number")?,
        status_kind: row.optional("status_kind")?,
        status_number: row.count("status_number")?,
        key: row.text("key")?,
        mac: row.text("mac")?,
    })
}
