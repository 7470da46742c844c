//! Lists of users, in the order of an index. Each statement reads at most one row more than a page in each of two ranges: active and
//! disabled users. `INDEXED BY` makes sure of it: with another index, a statement could read all users that do not match.

mod created;
mod last_login;
mod username;

use super::administered::read;
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use serde::Deserialize;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The time at which the user was created.
    CreatedAt,
    /// The user name, without regard to case.
    Username,
    /// The last sign-in; users who have not signed in have the earliest place.
    LastLogin,
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub enum Order {
    /// Smallest or earliest first.
    #[serde(rename = "asc")]
    Ascending,
    /// Greatest or latest first.
    #[serde(rename = "desc")]
    Descending,
}

/// The users that a list contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// All.
    None,
    /// Those of this role.
    Role(Role),
    /// Those of this source.
    Source(String),
}

/// The place of a user in a list or in the results of a search.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The text that the list is sorted by.
    pub key: String,
    /// Id of the user.
    pub id: String,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// What it is sorted by.
    pub sort: Sort,
    /// Its direction.
    pub order: Order,
    /// The users that it contains.
    pub narrowing: Narrowing,
    /// Only active or only disabled users.
    pub is_active: Option<bool>,
    /// The last user of the previous page.
    pub after: Option<Place>,
    /// Maximum number of users.
    pub limit: u32,
}

/// A user of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its place.
    pub place: Place,
    /// The user.
    pub user: AdminUser,
}

impl List {
    /// The statement; `None` if no index serves this list.
    fn statement(&self) -> Option<&'static str> {
        match (self.sort, &self.narrowing) {
            (Sort::CreatedAt, narrowing) => Some(created::statement(narrowing, self.order)),
            (Sort::Username, narrowing) => Some(username::statement(narrowing, self.order)),
            (Sort::LastLogin, Narrowing::None) => Some(last_login::statement(self.order)),
            (Sort::LastLogin, Narrowing::Role(_) | Narrowing::Source(_)) => None,
        }
    }

    /// Whether an index serves this list.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.statement().is_some()
    }
}

/// Reads a page; `None` if no index serves the list.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(database: &Database, list: &List) -> Result<Option<Vec<Listed>>, StoreError> {
    let Some(sql) = list.statement() else {
        return Ok(None);
    };
    let (key, id) = match (&list.after, list.order) {
        (Some(after), _) => (after.key.as_str(), after.id.as_str()),
        (None, Order::Ascending) => ("", ""),
        (None, Order::Descending) => ("\u{10ffff}", ""),
    };
    let statement = Statement::new(sql)
        .optional(
            list.is_active
                .map(|is_active| if is_active { "1" } else { "0" }),
        )
        .text(key)
        .text(id)
        .number(list.limit);
    let statement = match &list.narrowing {
        Narrowing::None => statement,
        Narrowing::Role(role) => statement.text(role.as_str()),
        Narrowing::Source(source) => statement.text(source),
    };
    let [found] = database.batch([statement]).await?;
    let mut users = found.rows(|row| {
        let key = row.text("place")?;
        let user = read(row)?;
        let id = user.id.to_string();
        Ok(Listed {
            place: Place { key, id },
            user,
        })
    })?;
    // The ranges are merged in this order, but the join need not keep it.
    users.sort_by(|one, other| one.place.cmp(&other.place));
    if list.order == Order::Descending {
        users.reverse();
    }
    Ok(Some(users))
}
