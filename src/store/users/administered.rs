//! A user as administrators see it.

use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use uuid::Uuid;

const FIND: &str = "
    SELECT users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
           created_at, updated_at, last_login, version
    FROM users WHERE users.id = ?1";

/// Finds a user.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(database: &Database, id: Uuid) -> Result<Option<AdminUser>, StoreError> {
    let [found] = database.batch([find_statement(id)]).await?;
    found.first(read)
}

/// The statement that finds a user, for a batch. [`read`] reads its row.
pub(super) fn find_statement(id: Uuid) -> Statement {
    Statement::new(FIND).text(id.to_string())
}

/// Reads the user in a row with these columns.
pub(super) fn read(row: &mut Row) -> Result<AdminUser, StoreError> {
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
        has_factor: row.count("has_factor")? == 1,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
        last_login: row.optional_moment("last_login")?,
        version: row.count("version")?,
    })
}
