//! The names of the users in audit entries. Entries hold ids only, so that the log stays valid when a user is renamed or erased;
//! the names are those of table `users` at the time of the request.

use crate::domain::audit::Entry;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// The ids are one parameter, because D1 allows 100 and a page may name 400 users.
const NAMES: &str = "
    SELECT users.id, username FROM json_each(?1) JOIN users ON users.id = json_each.value";

/// User names by id. A user that was erased has none.
#[derive(Debug, Default)]
pub struct UserNames(BTreeMap<String, String>);

impl UserNames {
    /// The user name of an actor or a subject; `None` if there is no such user.
    #[must_use]
    pub fn of(&self, id: Option<&String>) -> Option<String> {
        self.0.get(id?).cloned()
    }
}

/// Reads the names of the actors and subjects of these entries.
///
/// # Errors
/// Any [`StoreError`].
pub async fn names<'e>(
    database: &Database,
    entries: impl Iterator<Item = &'e Entry>,
) -> Result<UserNames, StoreError> {
    let users = entries.flat_map(|entry| [&entry.actor, &entry.subject]);
    let ids: BTreeSet<&str> = users.flatten().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(UserNames::default());
    }
    // Cannot fail: only strings are serialized.
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    let [found] = database.batch([Statement::new(NAMES).text(ids)]).await?;
    let names = found.rows(|row| Ok((row.text("id")?, row.text("username")?)))?;
    Ok(UserNames(names.into_iter().collect()))
}
