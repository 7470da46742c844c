//! The record of people: table `users`. People are made by the command line or by their first sign-in from an identity
//! source; this file reads their rows.

use crate::domain::role::Role;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::row::Row;

/// A password user with what `/login` compares.
#[derive(Debug)]
pub struct PasswordUser {
    /// The person.
    pub user: User,
    /// PHC string; `None` until a password is set.
    pub password_hash: Option<String>,
}

/// The user in a row with these columns.
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

/// The person in a row with one's columns and `password_hash`, if there is one.
pub(super) fn registered(row: &mut Row) -> Result<Option<PasswordUser>, StoreError> {
    if row.is_null("user_id") {
        return Ok(None);
    }
    Ok(Some(PasswordUser {
        user: user(row)?,
        password_hash: row.optional("password_hash")?,
    }))
}
