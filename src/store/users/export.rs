//! Reads all users, a page at a time, in the order of their ids.

use crate::domain::audit::Signed;
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::audit::append;

const PAGE: &str = "
    SELECT users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked,
           created_at, updated_at, last_login, version
    FROM users WHERE users.id > ?1 ORDER BY users.id LIMIT ?2";

/// At most this many users after this id; writes the entry of the export.
///
/// # Errors
/// Any [`StoreError`].
pub async fn page(
    database: &Database,
    after: &str,
    limit: u32,
    entry: &Signed,
) -> Result<Vec<AdminUser>, StoreError> {
    let page = Statement::new(PAGE).text(after).number(limit);
    let [found, _] = database.batch([page, append(entry)]).await?;
    found.rows(read)
}

fn read(row: &mut Row) -> Result<AdminUser, StoreError> {
    Ok(AdminUser {
        id: row.uuid("id")?,
        source: row.text("source")?,
        username: row.text("username")?,
        email: row.optional("email")?,
        email_verified_at: row.optional_moment("email_verified_at")?,
        name: row.text("name")?,
        organization: row.optional("organization")?,
        aws_region: row.optional("aws_region")?,
        role: Role::parse(&row.text("role")?).ok_or(StoreError::CorruptRow("role"))?,
        is_active: row.count("is_active")? == 1,
        has_password: row.count("has_password")? == 1,
        is_locked: row.count("is_locked")? == 1,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
        last_login: row.optional_moment("last_login")?,
        version: row.count("version")?,
    })
}
