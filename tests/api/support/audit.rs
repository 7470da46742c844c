//! The audit log as it is stored in D1.

use super::internals::{AuditClient, AuditKeys, Entry, Kind, Timestamp};
use super::snapshot::{TIME_SHAPE, UUID_SHAPE, has_shape};
use super::{App, Caller, Vars};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::fmt::Write;
use uuid::Uuid;

/// The schedule of the cron event.
pub const CRON: &str = "*/10 * * * *";

/// The key in this variable.
pub fn key(vars: &Vars, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Base64::decode(vars.expect(name), &mut key).expect("32 bytes in base64");
    key
}

/// The keys with which a server signs entries.
pub fn keys(vars: &Vars) -> AuditKeys {
    AuditKeys::new(&key(vars, "AUDIT_KEY"), &[])
}

/// An entry with a random id.
pub fn new_entry(seconds: i64, kind: Kind) -> Entry {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("random bytes");
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Entry::new(id, Timestamp::from_seconds(seconds), kind, "x")
}

/// Appends an entry that is signed with these keys.
pub async fn insert(app: &App, keys: &AuditKeys, entry: Entry) {
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

/// Appends an unsigned entry by this actor. The service writes none.
pub async fn insert_unsigned(app: &App, actor: &str) {
    let sql = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) \
               SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), lower(hex(randomblob(4))) || '-0000-4000-8000-000000000000', \
                      '2026-01-01T00:00:00Z', 'user_disabled', 'success', ?1, 'x', 'y'";
    app.sql(sql, [actor]).await;
}

/// Writes the entries about users that a test has added to D1 without entries.
pub async fn record_users(app: &App) {
    let sql = "SELECT id, role, is_active FROM users \
               WHERE NOT EXISTS (SELECT 1 FROM audit WHERE subject = users.id AND kind = 'user_added') ORDER BY id";
    let keys = keys(app.vars());
    for row in app.run_sql(sql).await {
        let id = Uuid::try_parse(row["id"].as_str().expect("an id")).expect("a UUID");
        let role = format!("role {}", row["role"].as_str().expect("a role"));
        let entry = |kind| new_entry(1_704_067_200, kind).about(id);
        insert(app, &keys, entry(Kind::UserAdded).detail(role)).await;
        if row["is_active"] == 0 {
            insert(app, &keys, entry(Kind::UserDisabled)).await;
        }
    }
}

impl Caller {
    /// All pages of `/audit/verify`.
    pub async fn verify_whole_audit(&self) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut after = "0".to_owned();
        loop {
            let response = self.verify_audit(&format!("after={after}")).await;
            let page = response.assert_status(200).json();
            let next = page["next"].as_str().map(str::to_owned);
            pages.push(page);
            match next {
                Some(next) => after = next,
                None => return pages,
            }
        }
    }

    /// All pages of `/audit/export`, of this many entries each.
    pub async fn export_whole_audit(&self, limit: u32) -> String {
        let (mut text, mut after) = (String::new(), "0".to_owned());
        loop {
            let query = format!("after={after}&limit={limit}");
            let page = self.export_audit(&query).await;
            text.push_str(&page.assert_status(200).text());
            match page.header("edge-auth-next") {
                Some(next) => next.clone_into(&mut after),
                None => return text,
            }
        }
    }

    /// The first failure on all pages of `/audit/verify`, or null.
    pub async fn audit_failure(&self) -> Value {
        let pages = self.verify_whole_audit().await;
        let mut failures = pages.iter().map(|page| &page["failure"]);
        let failure = failures.find(|failure| !failure.is_null());
        failure.cloned().unwrap_or_default()
    }
}

/// The entries of a server that meet this condition, in their order.
pub async fn rows(app: &App, condition: &str, parameter: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT audit.*, salt, address, device FROM audit \
         LEFT JOIN audit_clients ON audit_clients.number = audit.number \
         WHERE {condition} ORDER BY audit.number"
    );
    let parameters = condition.contains('?').then_some(parameter);
    app.sql(&sql, parameters).await
}

/// The entries about a user.
pub async fn entries_about(app: &App, user: &str) -> Vec<Value> {
    rows(app, "subject = ?1", user).await
}

/// The entries of requests from this IP address.
pub async fn entries_from(app: &App, ip: &str) -> Vec<Value> {
    rows(app, "address = ?1", ip).await
}

/// The entry in a row.
pub fn entry(row: &Value) -> Entry {
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
        client: optional("salt").map(|salt| AuditClient {
            salt,
            address: optional("address"),
            device: optional("device"),
        }),
    }
}

/// Rows for a snapshot, one per line, with labels instead of these ids. Fails the test unless the server has signed each row.
pub fn snapshot(app: &App, rows: &[Value], labels: &[(&str, &str)]) -> String {
    let keys = keys(app.vars());
    let mut text = String::new();
    for row in rows {
        let entry = entry(row);
        let mac = row["mac"].as_str().expect("a MAC");
        assert!(keys.has_signed(&entry, mac), "{row}");
        assert!(has_shape(&entry.at, TIME_SHAPE), "{row}");
        assert!(has_shape(&entry.id, UUID_SHAPE), "{row}");
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
            let known = labels.iter().find(|(id, _)| id == value);
            let value = match known {
                Some((_, label)) => label,
                None if has_shape(value, &"x".repeat(64)) => "[sha256]",
                None if has_shape(value, &"x".repeat(32)) => "[name key]",
                None if has_shape(value, UUID_SHAPE) => "[uuid]",
                None if value == app.ip() => "[own]",
                None => value,
            };
            write!(text, " {name}={value}").expect("text");
        }
        text.push('\n');
    }
    text
}
