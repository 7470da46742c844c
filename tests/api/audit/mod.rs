//! The audit log: what is written to it by whom, that nothing is written without it and it is not written alone, that the
//! database takes nothing back, and that who gets around the database is found out.

mod atomic;
mod entries;
mod sealing;
mod search;
mod tampering;

use crate::support::{App, Vars, has_shape};
use base64ct::{Base64, Encoding};
use edge_auth::account::audit::{AuditKeys, Entry};
use serde_json::Value;
use std::fmt::Write;

pub const CRON: &str = "*/10 * * * *";
pub const AUDIT: &str = "/api/auth/audit";
pub const VERIFY: &str = "/api/auth/audit/verify";

/// The keys of a server.
pub fn keys(vars: &Vars) -> AuditKeys {
    let mut key = [0; 32];
    Base64::decode(vars.get("AUDIT_KEY").expect("a key"), &mut key).expect("base64");
    AuditKeys::new(&key, &[])
}

/// All rows of a server that this condition finds, in their order.
pub async fn rows(app: &App, condition: &str, parameter: &str) -> Vec<Value> {
    let sql = format!("SELECT * FROM audit WHERE {condition} ORDER BY number");
    let parameters = condition.contains('?').then_some(parameter);
    app.sql(&sql, parameters).await
}

/// The rows about a person.
pub async fn about(app: &App, user: &str) -> Vec<Value> {
    rows(app, "subject = ?1", user).await
}

/// The entry in a row, text for text.
fn entry(row: &Value) -> Entry {
    let optional = |name: &str| row[name].as_str().map(str::to_owned);
    let text = |name: &str| optional(name).expect("a text");
    Entry {
        id: text("id"),
        at: text("at"),
        kind: text("kind"),
        outcome: text("outcome"),
        actor: optional("actor"),
        subject: optional("subject"),
        name_key: optional("name_key"),
        session: optional("session"),
        detail: optional("detail"),
        address: optional("address"),
        device: optional("device"),
        request: text("request"),
    }
}

/// Rows, one a line, with these ids by their names; each has to carry the server's own signature.
pub fn shown(app: &App, rows: &[Value], names: &[(&str, &str)]) -> String {
    let keys = keys(&app.server().vars);
    let mut text = String::new();
    for row in rows {
        let entry = entry(row);
        assert!(
            keys.has_signed(&entry, row["mac"].as_str().expect("a mac")),
            "{row}"
        );
        assert!(has_shape(&entry.at, "dddd-dd-ddTdd:dd:ddZ"), "{row}");
        assert!(has_shape(&entry.id, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"));
        write!(text, "{} {}", entry.kind, entry.outcome).expect("text");
        for (name, value) in [
            ("actor", &entry.actor),
            ("subject", &entry.subject),
            ("name_key", &entry.name_key),
            ("session", &entry.session),
            ("detail", &entry.detail),
            ("address", &entry.address),
            ("device", &entry.device),
            ("request", &Some(entry.request.clone())),
        ] {
            let Some(value) = value else { continue };
            let known = names.iter().find(|(id, _)| id == value);
            let value = match known {
                Some((_, name)) => name,
                None if has_shape(value, &"x".repeat(64)) => "[sha256]",
                None if has_shape(value, &"x".repeat(32)) => "[name key]",
                None if has_shape(value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") => "[uuid]",
                None if value == app.address() => "[own]",
                None => value,
            };
            write!(text, " {name}={value}").expect("text");
        }
        text.push('\n');
    }
    text
}
