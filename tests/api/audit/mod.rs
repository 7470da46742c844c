//! The audit log: its entries, that an entry and the change it records are written together or not at all, that entries
//! cannot be changed, and that changes outside the service are detected.

mod atomic;
mod bypass;
mod checkpoints;
mod entries;
mod search;
mod tampering;

use crate::support::{App, Vars, has_shape};
use base64ct::{Base64, Encoding};
use edge_auth::domain::audit::{AuditKeys, Client, Entry, Kind};
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write;
use uuid::Uuid;

pub const CRON: &str = "*/10 * * * *";
pub const AUDIT: &str = "/api/auth/audit";
pub const VERIFY: &str = "/api/auth/audit/verify";

/// The keys of a server.
pub fn keys(vars: &Vars) -> AuditKeys {
    AuditKeys::new(&key(vars, "AUDIT_KEY"), &[])
}

/// The key in this variable.
fn key(vars: &Vars, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Base64::decode(vars.get(name).expect("a key"), &mut key).expect("base64");
    key
}

/// A random id of an entry.
fn entry_id() -> Uuid {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("random bytes");
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Appends an entry that is signed with these keys.
async fn insert(app: &App, keys: &AuditKeys, entry: Entry) {
    let signed = keys.sign(entry);
    let entry = &signed.entry;
    let sql = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request, mac) \
               SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9";
    let values = json!([
        entry.id,
        entry.at,
        entry.kind,
        entry.outcome,
        entry.actor,
        entry.subject,
        entry.detail,
        entry.request,
        signed.mac
    ]);
    app.sql(sql, values.as_array().expect("a list").clone())
        .await;
}

/// Writes the entry that every user has had since they were added, for those whom a test has put into D1 without one.
pub async fn record_users(app: &App) {
    let sql = "SELECT id, role, is_active FROM users \
               WHERE NOT EXISTS (SELECT 1 FROM audit WHERE subject = users.id AND kind = 'user_added') ORDER BY id";
    let keys = keys(&app.server().vars);
    for row in app.sql(sql, [0; 0]).await {
        let id = Uuid::try_parse(row["id"].as_str().expect("an id")).expect("a UUID");
        let role = format!("role {}", row["role"].as_str().expect("a role"));
        let entry = |kind| {
            let entry = Entry::new(
                entry_id(),
                Timestamp::from_seconds(1_704_067_200),
                kind,
                "x",
            );
            entry.by_command_line().about(id)
        };
        insert(app, &keys, entry(Kind::UserAdded).detail(role)).await;
        if row["is_active"] == 0 {
            insert(app, &keys, entry(Kind::UserDisabled)).await;
        }
    }
}

/// All pages of `/audit/verify`.
pub async fn verify(app: &App, token: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let path = format!("{VERIFY}?after={after}");
        let reply = app.get(&path).bearer(token).send().await;
        reply.assert_status(200);
        let page = reply.json();
        let next = page["next"].as_str().map(str::to_owned);
        pages.push(page);
        match next {
            Some(next) => after = next,
            None => return pages,
        }
    }
}

/// All rows of a server that this condition finds, in their order.
pub async fn rows(app: &App, condition: &str, parameter: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT audit.*, salt, address, device FROM audit \
         LEFT JOIN audit_clients ON audit_clients.number = audit.number \
         WHERE {condition} ORDER BY audit.number"
    );
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
        client_hash: optional("client_hash"),
        request: text("request"),
        client: optional("salt").map(|salt| Client {
            salt,
            address: optional("address"),
            device: optional("device"),
        }),
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
        let client = entry.client.as_ref().expect("a client");
        assert!(client.is(entry.client_hash.as_deref()), "{row}");
        assert!(has_shape(&client.salt, &"x".repeat(32)), "{row}");
        write!(text, "{} {}", entry.kind, entry.outcome).expect("text");
        for (name, value) in [
            ("actor", &entry.actor),
            ("subject", &entry.subject),
            ("name_key", &entry.name_key),
            ("session", &entry.session),
            ("detail", &entry.detail),
            ("address", &client.address),
            ("device", &client.device),
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
