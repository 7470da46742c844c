//! Reads all users, a page at a time, in the order of their ids.

use super::administered::read;
use crate::domain::audit::Signed;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::append;

const PAGE: &str = "
    SELECT users.id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active,
           password_hash IS NOT NULL AS has_password,
           EXISTS (SELECT 1 FROM sign_in_attempts WHERE key = 'account:' || users.id AND ends_at IS NULL) AS is_locked, has_factor,
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
