//! Users as texts for a terminal.

use crate::table::{self, cell};
use serde_json::Value;

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
        "FACTOR",
        "SOURCE",
        "LAST LOGIN",
        "ID",
    ];
    let rows = users.iter().map(|user| {
        let text = |name: &str| cell(user[name].as_str());
        [
            text("username"),
            text("email"),
            yes_no(user["email_verified_at"].is_string()).to_owned(),
            text("name"),
            text("organization"),
            text("role"),
            status(user).to_owned(),
            yes_no(user["has_factor"] == true).to_owned(),
            text("source"),
            text("last_login"),
            text("id"),
        ]
    });
    table::table(header, rows)
}

fn yes_no(is_true: bool) -> &'static str {
    if is_true { "yes" } else { "no" }
}

fn status(user: &Value) -> &'static str {
    match (&user["is_active"], &user["is_locked"]) {
        (Value::Bool(false), _) => "disabled",
        (_, Value::Bool(true)) => "locked",
        _ => "active",
    }
}

/// All fields of a JSON object, one per line.
pub fn fields(object: &Value) -> String {
    let mut rows = Vec::new();
    flatten(&mut rows, "", object);
    table::table(["FIELD", "VALUE"], rows)
}

fn flatten(rows: &mut Vec<[String; 2]>, path: &str, value: &Value) {
    let inner = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(rows, &inner(name), value);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                // An element is easier to find by its name than by its number.
                let name = value["name"]
                    .as_str()
                    .map_or(index.to_string(), str::to_owned);
                flatten(rows, &inner(&name), value);
            }
        }
        Value::String(text) => rows.push([cell(Some(path)), cell(Some(text))]),
        Value::Null => rows.push([cell(Some(path)), cell(None)]),
        Value::Bool(is_true) => rows.push([cell(Some(path)), yes_no(*is_true).to_owned()]),
        Value::Number(number) => rows.push([cell(Some(path)), number.to_string()]),
    }
}

#[cfg(test)]
mod tests {
    use super::{fields, table};
    use serde_json::json;

    #[test]
    fn users_are_listed_in_columns() {
        let users = [
            json!({"id": "1", "source": "password", "username": "john", "email": "j@x.de", "name": "John Doe",
                   "email_verified_at": "2026-01-01T00:00:00Z", "organization": null, "role": "admin", "is_active": true,
                   "is_locked": false, "has_factor": true, "last_login": "2026-01-02T00:00:00Z"}),
            json!({"id": "2", "source": "https://x", "username": "\u{1b}[2Jmary", "email": null, "name": "Mary",
                   "organization": "Acme", "role": "user", "is_active": false, "is_locked": true, "last_login": null}),
        ];
        let expected = "\
USERNAME  EMAIL   VERIFIED  NAME      ORGANIZATION  ROLE   STATUS    FACTOR  SOURCE     LAST LOGIN            ID
john      j@x.de  yes       John Doe  -             admin  active    yes     password   2026-01-02T00:00:00Z  1
?[2Jmary  -       no        Mary      Acme          user   disabled  no      https://x  -                     2";
        assert_eq!(table(&users), expected);
    }

    #[test]
    fn fields_are_listed_with_their_paths() {
        let object = json!({"a": 1, "b": {"c": true, "d": null},
                            "e": [{"name": "X", "is_set": false}, "\u{1b}[2J"]});
        let expected = "\
FIELD       VALUE
a           1
b.c         yes
b.d         -
e.X.is_set  no
e.X.name    X
e.1         ?[2J";
        assert_eq!(fields(&object), expected);
    }
}
