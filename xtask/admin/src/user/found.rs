//! Users of the database.

use super::{column, last};
use crate::sql;
use crate::table::{self, cell};
use crate::target::execute;
use anyhow::{Result, bail};
use cli::Target;
use edge_auth::domain::names;
use serde_json::Value;
use uuid::Uuid;

/// The user that a command is about.
pub struct FoundUser {
    pub id: String,
    pub source: String,
    pub username: String,
    pub email: Option<String>,
    pub name: String,
    pub organization: Option<String>,
    pub role: String,
    pub is_active: bool,
}

impl FoundUser {
    /// Finds a user by username, e-mail address or id.
    ///
    /// # Errors
    /// No such user, or several.
    pub fn find(target: &Target, typed: &str) -> Result<Self> {
        let typed = names::trimmed(typed);
        let username = names::canonical(typed).ok();
        let email = names::email(typed).ok();
        // In lower case, as ids are stored.
        let id = Uuid::try_parse(typed).ok().map(|id| id.to_string());
        let statement = sql::find(
            typed,
            id.as_deref(),
            username.as_ref().map(names::Username::as_str),
            email.as_ref().map(names::Email::key),
        )?;
        match last(execute(target, &statement)?).as_slice() {
            [] => bail!("user '{typed}' not found"),
            [row] => Ok(Self::from_row(row)),
            rows => bail!(
                "'{typed}' matches several users; give the id of one:\n{}",
                table(rows)
            ),
        }
    }

    fn from_row(row: &Value) -> Self {
        let optional = |name| row[name].as_str().map(str::to_owned);
        Self {
            id: column(row, "id"),
            source: column(row, "source"),
            username: column(row, "username"),
            email: optional("email"),
            name: column(row, "name"),
            organization: optional("organization"),
            role: column(row, "role"),
            is_active: row["is_active"] == 1,
        }
    }
}

/// A table of users.
pub fn table(users: &[Value]) -> String {
    let header = [
        "USERNAME",
        "EMAIL",
        "VERIFIED",
        "NAME",
        "ORGANIZATION",
        "ROLE",
        "STATUS",
        "SOURCE",
        "ID",
    ];
    let rows = users.iter().map(|row| {
        let shown = |name| cell(row[name].as_str());
        let status = if row["is_active"] == 1 {
            "active"
        } else {
            "disabled"
        };
        [
            shown("username"),
            shown("email"),
            if row["email_verified_at"].is_string() {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
            shown("name"),
            shown("organization"),
            shown("role"),
            status.to_owned(),
            shown("source"),
            shown("id"),
        ]
    });
    table::table(header, rows)
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    #[test]
    fn users_are_listed_in_columns() {
        let users = [
            json!({"id": "1", "source": "password", "username": "john", "email": "j@x.de", "name": "John Doe",
                   "email_verified_at": "2026-01-01T00:00:00Z", "organization": null, "role": "admin", "is_active": 1}),
            json!({"id": "2", "source": "https://x", "username": "\u{1b}[2Jmary", "email": null, "name": "Mary",
                   "organization": "Acme", "role": "user", "is_active": 0}),
        ];
        let expected = "\
USERNAME  EMAIL   VERIFIED  NAME      ORGANIZATION  ROLE   STATUS    SOURCE     ID
john      j@x.de  yes       John Doe  -             admin  active    password   1
?[2Jmary  -       no        Mary      Acme          user   disabled  https://x  2";
        assert_eq!(table(&users), expected);
    }
}
