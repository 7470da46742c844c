//! The record of people: table `users`. People are made by the command line or by their first sign-in from an identity
//! source; this file finds them and keeps what a sign-in changes.

use super::StoreError;
use super::d1::Outcome;
use crate::account::role::Role;
use crate::account::timestamp::Timestamp;
use crate::account::user::User;
use serde::Deserialize;
use uuid::Uuid;

/// A password user with what `/login` compares.
#[derive(Debug)]
pub struct Registered {
    /// The person.
    pub user: User,
    /// PHC string; `None` until a password is set.
    pub password_hash: Option<String>,
}

/// A user's columns as D1 gives them.
#[derive(Deserialize)]
pub(super) struct UserRow {
    user_id: String,
    username: String,
    email: Option<String>,
    name: String,
    organization: Option<String>,
    aws_region: Option<String>,
    role: String,
    is_active: u8,
    user_created_at: String,
    user_updated_at: String,
    last_login: Option<String>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: Uuid::parse_str(&row.user_id).map_err(|_| StoreError::CorruptRow("users.id"))?,
            username: row.username,
            email: row.email,
            name: row.name,
            organization: row.organization,
            aws_region: row.aws_region,
            role: Role::parse(&row.role).ok_or(StoreError::CorruptRow("users.role"))?,
            is_active: row.is_active == 1,
            created_at: moment(&row.user_created_at, "users.created_at")?,
            updated_at: moment(&row.user_updated_at, "users.updated_at")?,
            last_login: row
                .last_login
                .map(|text| moment(&text, "users.last_login"))
                .transpose()?,
        })
    }
}

/// A time column, or its name.
pub(super) fn moment(text: &str, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::parse(text).ok_or(StoreError::CorruptRow(column))
}

/// The column beside [`UserRow`]'s in the same row. (`serde(flatten)` would buffer every value of every row, and takes 15 KB
/// of code.)
#[derive(Deserialize)]
struct HashRow {
    password_hash: Option<String>,
}

/// The person in the first row, which has one's columns and `password_hash`.
pub(super) fn registered(found: &Outcome) -> Result<Option<Registered>, StoreError> {
    let Some((user, hash)) = found.first::<UserRow>()?.zip(found.first::<HashRow>()?) else {
        return Ok(None);
    };
    Ok(Some(Registered {
        user: user.try_into()?,
        password_hash: hash.password_hash,
    }))
}
