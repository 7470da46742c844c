//! Users: table `users`. This file reads the users of sessions and sign-ins. The other files contain the administration of users.
//! The first sign-in creates users of an identity source (`federated_users.rs`).

pub mod administered;
pub mod create;
pub mod erase;
pub mod export;
pub mod import;
pub mod kept;
pub mod kept_factors;
pub mod kept_grants;
pub mod list;
pub mod search;
pub mod update;

use crate::domain::role::Role;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::row::Row;

/// A password user, with the hash that `/login` compares.
#[derive(Debug)]
pub struct PasswordUser {
    /// The user.
    pub user: User,
    /// PHC string; `None` until a password is set.
    pub password_hash: Option<String>,
    /// Whether the user has a second factor.
    pub has_factor: bool,
}

/// Reads the user in a row with these columns.
pub(super) fn user(row: &mut Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.uuid("user_id")?,
        username: row.text("username")?,
        email: row.optional("email")?,
        name: row.text("name")?,
        organization: row.optional("organization")?,
        aws_region: row.optional("aws_region")?,
        role: Role::parse(&row.text("role")?).ok_or(StoreError::CorruptRow("role"))?,
        is_active: row.count("is_active")? == 1,
        created_at: row.moment("user_created_at")?,
        updated_at: row.moment("user_updated_at")?,
        last_login: row.optional_moment("last_login")?,
    })
}

/// Reads the user in a row with these columns, `password_hash` and `has_factor`; `None` if they are null.
pub(super) fn registered(row: &mut Row) -> Result<Option<PasswordUser>, StoreError> {
    if row.is_null("user_id") {
        return Ok(None);
    }
    Ok(Some(PasswordUser {
        user: user(row)?,
        password_hash: row.optional("password_hash")?,
        has_factor: row.count("has_factor")? == 1,
    }))
}
