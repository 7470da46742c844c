//! Verification detects everything that a writer of the database can do to rows and checkpoints.

use super::{CRON, VERIFY, keys};
use crate::sessions::signed_in;
use crate::support::{App, Vars};
use edge_auth::domain::audit::{Entry, Kind};
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// A server with a thousand entries below checkpoints, two more after them, and a super administrator's token.
struct Log {
    app: App,
    token: String,
}

const COVERED: u32 = 1_000;

impl Log {
    async fn new() -> Self {
        let app = App::alone(Vars::new());
        let keys = keys(&app.server().vars);
        let entries: Vec<Value> = (1..=COVERED)
            .map(|number| {
                let at = Timestamp::from_seconds(1_700_000_000 + i64::from(number));
                let id = Uuid::from_u128(u128::from(number));
                let entry =
                    Entry::new(id, at, Kind::SignInFailed, "a request").detail("password: wrong");
                let signed = keys.sign(entry);
                let entry = &signed.entry;
                json!([
                    number,
                    entry.id,
                    entry.at,
                    entry.kind,
                    entry.outcome,
                    entry.detail,
                    entry.request,
                    signed.mac
                ])
            })
            .collect();
        let sql = "INSERT INTO audit (number, id, at, kind, outcome, detail, request, mac) \
                   SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
                   value ->> 7 FROM json_each(?1)";
        app.sql(sql, [json!(entries).to_string()]).await;
        let (outcome, seen) = app.scheduled(CRON).await;
        assert_eq!((outcome.as_str(), seen.logs.len()), ("ok", 0));
        let ada = app.super_admin("ada").await;
        super::record_users(&app).await;
        let token = signed_in(&app, &ada).await;
        let log = Self { app, token };
        assert_eq!(log.verify().await, Value::Null);
        for name in [
            "audit_update",
            "audit_delete",
            "audit_insert",
            "audit_checkpoints_delete",
            "audit_checkpoints_update",
            "audit_clients_update",
        ] {
            log.sql(&format!("DROP TRIGGER {name}")).await;
        }
        log
    }

    async fn sql(&self, sql: &str) {
        self.app.sql(sql, [0; 0]).await;
    }

    /// What fails, after following `next` to the end.
    async fn verify(&self) -> Value {
        let pages = super::verify(&self.app, &self.token).await;
        let mut failures = pages.iter().map(|page| &page["failure"]);
        failures
            .find(|failure| !failure.is_null())
            .cloned()
            .unwrap_or_default()
    }

    async fn fails(&self, number: u32, reason: &str) {
        assert_eq!(
            self.verify().await,
            json!({ "number": number, "reason": reason })
        );
    }
}

#[tokio::test]
async fn altered_row_is_named() {
    let log = Log::new().await;
    for column in ["at", "kind", "detail", "request", "id"] {
        log.sql(&format!(
            "UPDATE audit SET {column} = {column} || 'x' WHERE number = 777"
        ))
        .await;
        log.fails(777, "altered").await;
        log.sql(&format!(
            "UPDATE audit SET {column} = rtrim({column}, 'x') WHERE number = 777"
        ))
        .await;
    }
    for column in ["actor", "subject", "name_key", "session", "client_hash"] {
        log.sql(&format!(
            "UPDATE audit SET {column} = '' WHERE number = 501"
        ))
        .await;
        log.fails(501, "altered").await;
        log.sql(&format!(
            "UPDATE audit SET {column} = NULL WHERE number = 501"
        ))
        .await;
    }
    log.sql("UPDATE audit SET outcome = 'success' WHERE number IN (2, 1000)")
        .await;
    log.fails(2, "altered").await;
    log.sql("UPDATE audit SET outcome = 'failure' WHERE number = 2")
        .await;
    log.fails(1_000, "altered").await;
    log.sql("UPDATE audit SET outcome = 'failure' WHERE number = 1000")
        .await;
    assert_eq!(log.verify().await, Value::Null);
    // No checkpoint covers the last one yet: it has its own signature.
    log.sql("UPDATE audit SET detail = 'another' WHERE number = 1002")
        .await;
    log.fails(1_002, "altered").await;
}

#[tokio::test]
async fn removed_row_is_named_and_so_is_the_row_that_took_its_number() {
    let log = Log::new().await;
    log.sql("DELETE FROM audit WHERE number = 250").await;
    log.fails(250, "missing").await;
    log.sql("UPDATE audit SET number = number + 10000 WHERE number > 250")
        .await;
    log.sql("UPDATE audit SET number = number - 10001 WHERE number > 10000")
        .await;
    log.fails(250, "moved").await;
}

#[tokio::test]
async fn swapped_rows_are_named_by_the_first() {
    let log = Log::new().await;
    for (one, other) in [(123, 877), (1, 1_000), (500, 501)] {
        let swap = async || {
            log.sql(&format!(
                "UPDATE audit SET number = 5000 WHERE number = {one}"
            ))
            .await;
            log.sql(&format!(
                "UPDATE audit SET number = {one} WHERE number = {other}"
            ))
            .await;
            log.sql(&format!(
                "UPDATE audit SET number = {other} WHERE number = 5000"
            ))
            .await;
        };
        swap().await;
        log.fails(one, "moved").await;
        swap().await;
        assert_eq!(log.verify().await, Value::Null);
    }
}

#[tokio::test]
async fn truncated_log_is_named_by_its_first_missing_row() {
    let log = Log::new().await;
    // The rows alone.
    log.sql("DELETE FROM audit WHERE number > 990").await;
    log.fails(991, "missing").await;
    // A call for later rows only reports it too, and so does the cron event.
    let path = format!("{VERIFY}?after={COVERED}");
    let reply = log.app.get(&path).bearer(&log.token).send().await.json();
    assert_eq!(
        reply["failure"],
        json!({ "number": 991, "reason": "truncated" })
    );
    let logged = async |row: u32| {
        let (_, seen) = log.app.scheduled(CRON).await;
        let line = format!(r#"{{"event":"audit_broken","reason":"truncated","row":{row}}}"#);
        assert!(
            seen.logs.contains(&("error".to_owned(), line)),
            "{:?}",
            seen.logs
        );
    };
    logged(991).await;
    // Together with their checkpoints: now only the head outside of D1 reveals it.
    log.sql("DELETE FROM audit WHERE number > 500").await;
    log.sql("DELETE FROM audit_checkpoints WHERE number > 1")
        .await;
    log.fails(501, "truncated").await;
    logged(501).await;
    log.sql("DELETE FROM audit").await;
    log.sql("DELETE FROM audit_checkpoints").await;
    log.fails(1, "truncated").await;
}

#[tokio::test]
async fn altered_or_removed_checkpoint_is_named_by_its_first_row() {
    let log = Log::new().await;
    log.sql("UPDATE audit_checkpoints SET at = '2030-01-01T00:00:00Z' WHERE number = 2")
        .await;
    log.fails(501, "checkpoint_altered").await;
    log.sql("UPDATE audit_checkpoints SET key = '00000000' WHERE number = 1")
        .await;
    log.fails(1, "unknown_key").await;
    log.sql("DELETE FROM audit_checkpoints WHERE number = 1")
        .await;
    log.fails(1, "checkpoint_missing").await;
}

#[tokio::test]
async fn altered_client_is_named_and_an_erased_one_breaks_nothing() {
    let log = Log::new().await;
    let clients = async || super::verify(&log.app, &log.token).await[0]["clients"].clone();
    assert_eq!(clients().await, 1);
    for column in ["address", "device", "salt"] {
        let sql = format!("UPDATE audit_clients SET {column} = 'x' WHERE number = 1002");
        let row = log.app.sql("SELECT * FROM audit_clients", [0; 0]).await;
        log.sql(&sql).await;
        log.fails(1_002, "client_altered").await;
        let back = format!("UPDATE audit_clients SET {column} = ?1 WHERE number = 1002");
        log.app.sql(&back, [row[0][column].clone()]).await;
        assert_eq!(log.verify().await, Value::Null);
    }
    // For an entry that has none.
    log.sql("INSERT INTO audit_clients (number, salt) VALUES (7, 'x')")
        .await;
    log.fails(7, "client_altered").await;
    log.sql("DELETE FROM audit_clients").await;
    assert_eq!(
        (log.verify().await, clients().await),
        (Value::Null, json!(0))
    );
    let page = log.app.get(super::AUDIT).bearer(&log.token).send().await;
    let entry = &page.json()["entries"][0];
    assert_eq!(
        (&entry["number"], &entry["address"], &entry["device"]),
        (&json!(1_002), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn unreadable_row_is_named_instead_of_a_503() {
    let log = Log::new().await;
    log.sql("UPDATE audit SET number = 8589934592 WHERE number = 1002")
        .await;
    log.fails(1, "unreadable").await;
}

#[tokio::test]
async fn long_log_is_verified_from_any_row_on() {
    let log = Log::new().await;
    let mut rows = Vec::new();
    for after in [0, 1, 499, 500, 700, 1_000, 1_001, 9_999] {
        let path = format!("{VERIFY}?after={after}");
        let reply = log.app.get(&path).bearer(&log.token).send().await.json();
        assert_eq!(
            (&reply["failure"], &reply["next"]),
            (&Value::Null, &Value::Null),
            "{after}"
        );
        assert_eq!(
            (&reply["checkpointed_to"], &reply["rows_after_checkpoint"]),
            (&json!(1_000), &json!(2))
        );
        rows.push(reply["rows"].as_u64().unwrap());
    }
    // From the beginning of the checkpoint that the row is in.
    assert_eq!(rows, [1_002, 1_002, 1_002, 502, 502, 2, 1, 0]);
}
