//! Reads what `/audit/verify` and the cron event verify: the tables and triggers of D1, and the roles and status of users.

use super::audit_rows::chained;
use crate::domain::audit::{
    Account, ArchivedAccount, AuditKeys, Kind, SchemaObject, stated_accounts,
};
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
           audit_accounts.role_detail AS archived_role, audit_accounts.role_number,
           audit_accounts.status_kind AS archived_status, audit_accounts.status_number, audit_accounts.key, audit_accounts.mac,
           (SELECT audit_checkpoints.key FROM audit_checkpoints
            WHERE audit_checkpoints.last >= max(audit_accounts.role_number, audit_accounts.status_number)
            ORDER BY audit_checkpoints.last LIMIT 1) AS checkpoint_key,
           (SELECT coalesce(max(last), 0) FROM audit_archives) AS archived_to
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
           audit_accounts.role_detail AS archived_role, audit_accounts.role_number,
           audit_accounts.status_kind AS archived_status, audit_accounts.status_number, audit_accounts.key, audit_accounts.mac,
           (SELECT audit_checkpoints.key FROM audit_checkpoints
            WHERE audit_checkpoints.last >= max(audit_accounts.role_number, audit_accounts.status_number)
            ORDER BY audit_checkpoints.last LIMIT 1) AS checkpoint_key,
           (SELECT coalesce(max(last), 0) FROM audit_archives) AS archived_to
    FROM users LEFT JOIN audit_accounts ON audit_accounts.subject = users.id
    WHERE role <> 'user' AND id > ?1 ORDER BY id LIMIT ?2";

/// Every user that an entry calls a super administrator, even if the row of the user was changed or deleted, with what archived entries
/// state. Entries that the service has not signed do not count.
const NAMED_SUPER_ADMINS: &str = "
    SELECT named.subject AS id, 'super_admin' AS role, 1 AS is_active, NULL AS role_detail, NULL AS status_kind,
           audit_accounts.role_detail AS archived_role, audit_accounts.role_number,
           audit_accounts.status_kind AS archived_status, audit_accounts.status_number, audit_accounts.key, audit_accounts.mac,
           (SELECT audit_checkpoints.key FROM audit_checkpoints
            WHERE audit_checkpoints.last >= max(audit_accounts.role_number, audit_accounts.status_number)
            ORDER BY audit_checkpoints.last LIMIT 1) AS checkpoint_key,
           (SELECT coalesce(max(last), 0) FROM audit_archives) AS archived_to
    FROM (
      SELECT subject FROM audit
      WHERE kind IN ('user_added', 'role_changed') AND outcome = 'success' AND mac IS NOT NULL AND substr(detail, -11) = 'super_admin'
      UNION ALL
      SELECT subject FROM audit_accounts WHERE substr(role_detail, -11) = 'super_admin') AS named
    LEFT JOIN audit_accounts ON audit_accounts.subject = named.subject";

/// The entries about the role and status of these users, without their clients. The text of `mac` may be any: [`AuditKeys`] verify it.
const ENTRIES_OF_SUPER_ADMINS: &str = "
    SELECT number, mac, NULL AS late_mac, NULL AS signed_at,
           id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request,
           NULL AS salt, NULL AS address, NULL AS device
    FROM audit
    WHERE kind IN ('user_added', 'role_changed', 'user_disabled', 'user_enabled', 'user_erased') AND mac IS NOT NULL
      AND subject IN (
        SELECT subject FROM audit
        WHERE kind IN ('user_added', 'role_changed') AND outcome = 'success' AND mac IS NOT NULL AND substr(detail, -11) = 'super_admin'
        UNION ALL
        SELECT subject FROM audit_accounts WHERE substr(role_detail, -11) = 'super_admin')";

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

/// Whether a user is an active super administrator according to the audit log, whatever the row of the user says. A writer of D1 can
/// add entries and change what archived ones state, but cannot sign either.
///
/// # Errors
/// Any [`StoreError`].
pub async fn has_recorded_super_admin(
    database: &Database,
    keys: &AuditKeys,
) -> Result<bool, StoreError> {
    let [named, entries] = [NAMED_SUPER_ADMINS, ENTRIES_OF_SUPER_ADMINS].map(Statement::new);
    let [named, entries] = database.batch([named, entries]).await?;
    let mut rows = chained(&entries)?;
    rows.retain(|(row, entry)| {
        let mac = row.mac.as_deref();
        mac.is_some_and(|mac| keys.has_signed(entry, mac))
    });
    rows.sort_by_key(|(row, _)| row.number);
    let stated = stated_accounts(&rows);
    // Each is compared as if the row of the user had this role and status.
    let is_recorded = |(mut account, archived): Found| {
        if let Some(stated) = stated.get(&account.id) {
            account.role_detail = stated.role_detail();
            account.status_kind = stated.status_kind();
        }
        // What archived entries state may have been altered to hide a super administrator.
        if archived
            .as_ref()
            .is_some_and(|archived| !archived.is_trusted(keys))
        {
            account
                .role_detail
                .get_or_insert_with(|| format!("role {}", account.role));
            account
                .status_kind
                .get_or_insert_with(|| Kind::UserAdded.as_str().to_owned());
        }
        merged((account, archived), keys).changes().is_empty()
    };
    Ok(named.rows(account)?.into_iter().any(is_recorded))
}

/// What the archived entries state about a user.
struct Archived {
    account: ArchivedAccount,
    /// Key of the checkpoint that covers these entries.
    checkpoint_key: Option<String>,
    /// Number of the last archived entry.
    last: u32,
}

/// A user with what the archived entries state about them.
type Found = (Account, Option<Archived>);

impl Archived {
    /// It counts only if it is signed with a key that was not retired before the entries.
    fn is_trusted(&self, keys: &AuditKeys) -> bool {
        let key = self.checkpoint_key.as_deref();
        self.account.number() <= self.last && keys.trusts_account(&self.account, key)
    }
}

fn trusted(found: Vec<Found>, keys: &AuditKeys) -> Vec<Account> {
    let merge = |found| merged(found, keys);
    found.into_iter().map(merge).collect()
}

/// Entries in D1 are later than archived ones.
fn merged((mut account, archived): Found, keys: &AuditKeys) -> Account {
    if let Some(Archived {
        account: archived, ..
    }) = archived.filter(|archived| archived.is_trusted(keys))
    {
        account.role_detail = account.role_detail.or(archived.role_detail);
        account.status_kind = account.status_kind.or(archived.status_kind);
    }
    account
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
        role_number: row.count("role_number")?,
        status_kind: row.optional("archived_status")?,
        status_number: row.count("status_number")?,
        key: row.text("key")?,
        mac,
    };
    let archived = Archived {
        account: archived,
        checkpoint_key: row.optional("checkpoint_key")?,
        last: row.count("archived_to")?,
    };
    Ok((account, Some(archived)))
}
