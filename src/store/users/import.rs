//! Adds users in bulk. A request adds all its users in one batch, together with their audit entries.

use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::append;
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// A user to be added, as the texts and numbers of its columns.
#[derive(Debug, Serialize)]
pub struct ImportRow {
    /// Id.
    pub id: String,
    /// Canonical user name.
    pub username: String,
    /// Skeleton of the user name.
    pub skeleton: String,
    /// E-mail address as entered.
    pub email: String,
    /// Key of the address.
    pub email_key: String,
    /// Full name.
    pub name: String,
    /// Organization.
    pub organization: Option<String>,
    /// AWS region.
    pub aws_region: Option<String>,
    /// Role.
    pub role: &'static str,
    /// 1 if the user may sign in, otherwise 0.
    pub is_active: u8,
    /// Sealed hash.
    pub password_hash: Option<String>,
    /// Time at which the user was created.
    pub created_at: String,
    /// Time of the import if the address is confirmed.
    pub email_verified_at: Option<String>,
    /// User name as it is searched.
    pub username_search: String,
    /// Address as it is searched.
    pub email_search: String,
    /// Name as it is searched.
    pub name_search: String,
}

/// The unique names of a user.
#[derive(Debug, Serialize)]
pub struct UniqueNames<'a> {
    /// Canonical user name.
    pub username: &'a str,
    /// Skeleton of the user name.
    pub skeleton: &'a str,
    /// Key of the address.
    pub email_key: &'a str,
}

/// Which names of a line another user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// None.
    None,
    /// A user has the user name.
    Exists,
    /// Another user name can be confused with it.
    Username,
    /// Another user has the e-mail address or can restore it.
    Email,
}

/// An import.
#[derive(Debug)]
pub struct Import<'a> {
    /// The administrator.
    pub actor: Uuid,
    /// Whether only a super administrator may add these users.
    pub needs_super_admin: bool,
    /// The users.
    pub users: &'a [ImportRow],
    /// The entries about them.
    pub entries: &'a [Signed],
    /// The entry of the import.
    pub imported: &'a Signed,
    /// The time of the import.
    pub now: Timestamp,
}

/// The users are one parameter, because D1 allows 100.
const CONFLICTS: &str = "
    SELECT
      EXISTS (
        SELECT 1 FROM users WHERE source = 'password' AND username = json_each.value ->> 'username') AS is_existing,
      EXISTS (
        SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = json_each.value ->> 'skeleton') AS is_username_taken,
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = json_each.value ->> 'email_key')
      OR EXISTS (
        SELECT 1 FROM email_links
        WHERE purpose = 'revert' AND email_key = json_each.value ->> 'email_key' AND +expires_at > ?2) AS is_email_taken
    FROM json_each(?1)";

/// Fails the batch if the administrator may no longer add the users.
const CHECK_ACTOR: &str = "
    SELECT CASE WHEN NOT EXISTS (
      SELECT 1 FROM administrators
      WHERE id = ?1 AND (role = 'super_admin' OR (role = 'admin' AND ?2 = 0)))
    THEN json('the administrator was changed') END";

/// Fails the batch if a user can restore one of the addresses meanwhile. No unique index prevents that.
const CHECK_ADDRESSES: &str = "
    SELECT CASE WHEN EXISTS (
      SELECT 1 FROM json_each(?1) WHERE EXISTS (
        SELECT 1 FROM email_links
        WHERE purpose = 'revert' AND email_key = json_each.value ->> 'email_key' AND +expires_at > ?2))
    THEN json('an address is reserved') END";

/// Fails the batch if a name is taken meanwhile.
const ADD_USERS: &str = "
    INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active,
                       password_hash, created_at, updated_at, email_verified_at, username_search, email_search, name_search)
    SELECT value ->> 'id', 'password', value ->> 'username', value ->> 'skeleton', value ->> 'email', value ->> 'email_key',
           value ->> 'name', value ->> 'organization', value ->> 'aws_region', value ->> 'role', value ->> 'is_active',
           value ->> 'password_hash', value ->> 'created_at', ?2, value ->> 'email_verified_at', value ->> 'username_search',
           value ->> 'email_search', value ->> 'name_search'
    FROM json_each(?1)";

/// The highest number is read once, before the first row is added.
const ADD_ENTRIES: &str = "
    INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request, mac)
    SELECT (SELECT coalesce(max(number), 0) FROM audit) + 1 + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3,
           value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
    FROM json_each(?1)";

/// Fails the batch if an entry or a user was not written. A trigger that skips one cannot hide that, because no trigger changes the
/// result of a SELECT.
const CHECK: &str = "
    SELECT CASE
      WHEN (SELECT count(*) FROM json_each(?1)
            JOIN audit ON audit.id = json_each.value ->> 0 AND audit.mac = json_each.value ->> 8) <> json_array_length(?1)
        OR (SELECT count(*) FROM json_each(?2) JOIN users ON users.id = json_each.value ->> 'id') <> json_array_length(?2)
    THEN json('the users and their entries differ') END";

/// Finds the names that other users have, in the order of the lines.
///
/// # Errors
/// Any [`StoreError`].
pub async fn conflicts(
    database: &Database,
    names: &[UniqueNames<'_>],
    now: Timestamp,
) -> Result<Vec<Conflict>, StoreError> {
    let find = Statement::new(CONFLICTS)
        .text(json(&names))
        .text(now.to_string());
    let [found] = database.batch([find]).await?;
    found.rows(|row| {
        let taken = [
            row.count("is_existing")?,
            row.count("is_username_taken")?,
            row.count("is_email_taken")?,
        ];
        Ok(match taken {
            [1, ..] => Conflict::Exists,
            [_, 1, _] => Conflict::Username,
            [_, _, 1] => Conflict::Email,
            _ => Conflict::None,
        })
    })
}

/// Adds the users, or none of them.
///
/// # Errors
/// Any [`StoreError`], also if a name or address was taken meanwhile or the administrator was changed. It is then unknown whether the users were
/// added.
pub async fn import(database: &Database, import: &Import<'_>) -> Result<(), StoreError> {
    let entries: Vec<_> = import.entries.iter().map(columns).collect();
    let (users, entries) = (json(&import.users), json(&entries));
    let check_actor = Statement::new(CHECK_ACTOR)
        .text(import.actor.to_string())
        .number(u32::from(import.needs_super_admin));
    let with_users = |sql| {
        Statement::new(sql)
            .text(&users)
            .text(import.now.to_string())
    };
    database
        .batch([
            check_actor,
            with_users(CHECK_ADDRESSES),
            with_users(ADD_USERS),
            Statement::new(ADD_ENTRIES).text(&entries),
            Statement::new(CHECK).text(&entries).text(&users),
            append(import.imported),
        ])
        .await
        .map(drop)
}

/// The columns of an entry without name key, session and client.
fn columns(signed: &Signed) -> [Option<&str>; 9] {
    let entry = &signed.entry;
    [
        Some(&entry.id),
        Some(&entry.at),
        Some(&entry.kind),
        Some(&entry.outcome),
        entry.actor.as_ref(),
        entry.subject.as_ref(),
        entry.detail.as_ref(),
        Some(&entry.request),
        Some(&signed.mac),
    ]
    .map(|column| column.map(String::as_str))
}

/// Cannot fail: only structs of strings and numbers are serialized.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
