//! The names of the users and OAuth clients in audit entries. Entries hold ids only, so that the log stays valid when a user is
//! renamed or erased. The names are read from the tables at the time of the request.

use crate::domain::audit::Entry;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// The ids are one parameter, because D1 allows 100 and a page may name 400.
const NAMES: &str = "
    SELECT users.id, username AS name, 0 AS is_client FROM json_each(?1) JOIN users ON users.id = json_each.value
    UNION ALL
    SELECT oauth_clients.id, name, 1 FROM json_each(?1) JOIN oauth_clients ON oauth_clients.id = json_each.value
    WHERE deleted_at IS NULL";

/// A name, with the kind of its owner, because a client may have the name of a user.
#[derive(Clone, Debug)]
enum Name {
    User(String),
    Client(String),
}

/// Names by id. A user that was erased and a client that was deleted have none.
#[derive(Debug, Default)]
pub struct ActorNames(BTreeMap<String, Name>);

impl ActorNames {
    /// The user name of an actor or a subject; `None` if there is no such user.
    #[must_use]
    pub fn user(&self, id: Option<&String>) -> Option<String> {
        match self.0.get(id?)? {
            Name::User(name) => Some(name.clone()),
            Name::Client(_) => None,
        }
    }

    /// The name of the OAuth client that is an actor or a subject; `None` if there is no such client.
    #[must_use]
    pub fn client(&self, id: Option<&String>) -> Option<String> {
        match self.0.get(id?)? {
            Name::Client(name) => Some(name.clone()),
            Name::User(_) => None,
        }
    }
}

/// Reads the names of the actors and subjects of these entries.
///
/// # Errors
/// Any [`StoreError`].
pub async fn names<'e>(
    database: &Database,
    entries: impl Iterator<Item = &'e Entry>,
) -> Result<ActorNames, StoreError> {
    let actors = entries.flat_map(|entry| [&entry.actor, &entry.subject]);
    let ids: BTreeSet<&str> = actors.flatten().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(ActorNames::default());
    }
    // Cannot fail: only strings are serialized.
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    let [found] = database.batch([Statement::new(NAMES).text(ids)]).await?;
    let names = found.rows(|row| {
        let (id, name) = (row.text("id")?, row.text("name")?);
        Ok(match row.count("is_client")? {
            0 => (id, Name::User(name)),
            _ => (id, Name::Client(name)),
        })
    })?;
    Ok(ActorNames(names.into_iter().collect()))
}
