//! What `/audit/verify` and the cron compare the audit log and the migrations with: the tables and triggers of D1, and the
//! roles and status of users.

use super::StoreError;
use super::d1::{Database, Statement};
use super::row::Row;
use crate::account::audit::{Account, SchemaObject};

/// Objects that are looked at. The migrations make some fifty.
const MAX_OBJECTS: u32 = 500;
/// Bytes of a definition that are looked at; the longest of ours has 3,000.
const MAX_SQL_BYTES: u32 = 20_000;

/// Tables and indexes of D1's own, of wrangler and of `SQLite` are not ours. Triggers and views never belong to these,
/// whatever they are called.
const SCHEMA: &str = "
    SELECT type, name, tbl_name, coalesce(substr(sql, 1, ?1), '') AS sql FROM sqlite_master
    WHERE type NOT IN ('table', 'index')
       OR (substr(tbl_name, 1, 4) <> '_cf_' AND substr(tbl_name, 1, 7) <> 'sqlite_'
           AND tbl_name <> 'd1_migrations' AND substr(name, 1, 7) <> 'sqlite_')
    LIMIT ?2";

/// The condition on `kind` is that of the index, word for word, so that it is used.
const ACCOUNTS: &str = "
    SELECT id, role, is_active,
           (SELECT detail FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled')
              AND kind IN ('user_added', 'role_changed') AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS role_detail,
           (SELECT kind FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled')
              AND kind <> 'role_changed' AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS status_kind
    FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";

/// As [`ACCOUNTS`], of all users above the role `user`.
const PRIVILEGED: &str = "
    SELECT id, role, is_active,
           (SELECT detail FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled')
              AND kind IN ('user_added', 'role_changed') AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS role_detail,
           (SELECT kind FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled')
              AND kind <> 'role_changed' AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS status_kind
    FROM users WHERE role <> 'user' AND id > ?1 ORDER BY id LIMIT ?2";

/// The tables, indexes, triggers and views of D1 that are ours to know.
///
/// # Errors
/// Any [`StoreError`].
pub async fn schema(database: &Database) -> Result<Vec<SchemaObject>, StoreError> {
    let find = Statement::new(SCHEMA)
        .number(MAX_SQL_BYTES)
        .number(MAX_OBJECTS);
    let [found] = database.batch([find]).await?;
    found.rows(|row| {
        Ok(SchemaObject {
            kind: row.text("type")?,
            name: row.text("name")?,
            table: row.text("tbl_name")?,
            sql: row.text("sql")?,
        })
    })
}

/// Up to so many users after this id, with the last entries about them.
///
/// # Errors
/// Any [`StoreError`].
pub async fn accounts(
    database: &Database,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    let find = Statement::new(ACCOUNTS).text(after).number(limit);
    let [found] = database.batch([find]).await?;
    found.rows(account)
}

/// As [`accounts`], of users above the role `user`.
///
/// # Errors
/// Any [`StoreError`].
pub async fn privileged(
    database: &Database,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    let find = Statement::new(PRIVILEGED).text(after).number(limit);
    let [found] = database.batch([find]).await?;
    found.rows(account)
}

fn account(row: &mut Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.text("id")?,
        role: row.text("role")?,
        is_active: row.count("is_active")? == 1,
        role_detail: row.optional("role_detail")?,
        status_kind: row.optional("status_kind")?,
    })
}
