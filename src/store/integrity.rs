//! Reads what `/audit/verify` and the cron event verify: the tables and triggers of D1, and the roles and status of users.

use crate::domain::audit::{Account, ArchivedAccount, AuditKeys, SchemaObject};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;

/// Maximum number of objects that are read. The migrations create about fifty.
const MAX_OBJECTS: u32 = 500;
/// Maximum number of characters of a definition that is read; the longest one of the migrations has 3,000. A definition over
/// this limit is replaced by a text that equals no definition, instead of being truncated: it may begin like that of the
/// migrations, and the rest may change its meaning.
const MAX_SQL_CHARACTERS: u32 = 20_000;

/// Excludes the tables and indexes of D1, wrangler and `SQLite`. These have no triggers and views, so no trigger or view is
/// excluded, whatever its name. Triggers and views come first, so that the limit cannot hide them behind tables.
const SCHEMA: &str = "
    SELECT type, name, tbl_name, CASE WHEN length(sql) > ?1 THEN 'too long' ELSE coalesce(sql, '') END AS sql
    FROM sqlite_master
    WHERE type NOT IN ('table', 'index')
       OR (substr(tbl_name, 1, 4) <> '_cf_' AND substr(tbl_name, 1, 7) <> 'sqlite_'
           AND tbl_name <> 'd1_migrations' AND substr(name, 1, 7) <> 'sqlite_')
    ORDER BY type IN ('table', 'index')
    LIMIT ?2";

/// The condition on `kind` is literally that of the index, so that the index is used.
const ACCOUNTS: &str = "
    SELECT id, role, is_active,
           (SELECT detail FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased')
              AND kind IN ('user_added', 'role_changed') AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS role_detail,
           (SELECT kind FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased')
              AND kind <> 'role_changed' AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS status_kind,
           audit_accounts.role_detail AS archived_role, audit_accounts.status_kind AS archived_status,
           audit_accounts.number, audit_accounts.mac
    FROM users LEFT JOIN audit_accounts ON audit_accounts.subject = users.id
    WHERE id > ?1 ORDER BY id LIMIT ?2";

/// Like [`ACCOUNTS`], for all users above the role `user`.
const PRIVILEGED: &str = "
    SELECT id, role, is_active,
           (SELECT detail FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased')
              AND kind IN ('user_added', 'role_changed') AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS role_detail,
           (SELECT kind FROM audit
            WHERE subject = users.id AND kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased')
              AND kind <> 'role_changed' AND outcome = 'success'
            ORDER BY number DESC LIMIT 1) AS status_kind,
           audit_accounts.role_detail AS archived_role, audit_accounts.status_kind AS archived_status,
           audit_accounts.number, audit_accounts.mac
    FROM users LEFT JOIN audit_accounts ON audit_accounts.subject = users.id
    WHERE role <> 'user' AND id > ?1 ORDER BY id LIMIT ?2";

/// The tables, indexes, triggers and views of the database, without those that D1, wrangler and `SQLite` create themselves.
///
/// # Errors
/// Any [`StoreError`].
pub async fn schema(database: &Database) -> Result<Vec<SchemaObject>, StoreError> {
    let find = Statement::new(SCHEMA)
        .number(MAX_SQL_CHARACTERS)
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

/// At most this many users after this id, with the last entries about them.
///
/// # Errors
/// Any [`StoreError`].
pub async fn accounts(
    database: &Database,
    keys: &AuditKeys,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    let find = Statement::new(ACCOUNTS).text(after).number(limit);
    let [found] = database.batch([find]).await?;
    Ok(trusted(found.rows(account)?, keys))
}

/// Like [`accounts`], for users above the role `user`.
///
/// # Errors
/// Any [`StoreError`].
pub async fn privileged(
    database: &Database,
    keys: &AuditKeys,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    let find = Statement::new(PRIVILEGED).text(after).number(limit);
    let [found] = database.batch([find]).await?;
    Ok(trusted(found.rows(account)?, keys))
}

/// A user, and the role and status that the archived entries state.
type Found = (Account, Option<ArchivedAccount>);

/// Entries in D1 are later than archived ones. The role and status from archived entries count only if they are signed.
fn trusted(found: Vec<Found>, keys: &AuditKeys) -> Vec<Account> {
    let merge = |(mut account, archived): Found| {
        if let Some(archived) = archived.filter(|archived| keys.has_signed_account(archived)) {
            account.role_detail = account.role_detail.or(archived.role_detail);
            account.status_kind = account.status_kind.or(archived.status_kind);
        }
        account
    };
    found.into_iter().map(merge).collect()
}

fn account(row: &mut Row) -> Result<Found, StoreError> {
    let account = Account {
        id: row.text("id")?,
        role: row.text("role")?,
        is_active: row.count("is_active")? == 1,
        role_detail: row.optional("role_detail")?,
        status_kind: row.optional("status_kind")?,
    };
    let Some(mac) = row.optional("mac")? else {
        return Ok((account, None));
    };
    let archived = ArchivedAccount {
        subject: account.id.clone(),
        role_detail: row.optional("archived_role")?,
        status_kind: row.optional("archived_status")?,
        number: row.count("number")?,
        mac,
    };
    Ok((account, Some(archived)))
}
