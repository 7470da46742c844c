//! The users and OAuth clients that may change users: view `administrators`.

use crate::domain::role::Role;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use uuid::Uuid;

const ROLE: &str = "SELECT role FROM administrators WHERE id = ?1";

/// The role of an administrator; `None` if the user or client is no longer an administrator. A client has the role `admin`.
///
/// # Errors
/// Any [`StoreError`].
pub async fn role(database: &Database, id: Uuid) -> Result<Option<Role>, StoreError> {
    let statement = Statement::new(ROLE).text(id.to_string());
    let [found] = database.batch([statement]).await?;
    let parse = |name: String| Role::parse(&name).ok_or(StoreError::CorruptRow("role"));
    found.first(|row| row.text("role"))?.map(parse).transpose()
}
