//! Who has the database can do anything to it but make it look as if nothing had been done.

use super::{CRON, VERIFY, keys};
use crate::sessions::signed_in;
use crate::support::{App, Vars};
use edge_auth::account::audit::{Entry, Kind};
use edge_auth::account::timestamp::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// A server with a thousand sealed entries, one more that is not, and a super administrator's token.
struct Log {
    app: App,
    token: String,
}

const SEALED: u32 = 1_000;

impl Log {
    async fn new() -> Self {
        let app = App::alone(Vars::new());
        let keys = keys(&app.server().vars);
        let entries: Vec<Value> = (1..=SEALED)
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
        let token = signed_in(&app, &app.super_admin("ada").await).await;
        let log = Self { app, token };
        assert_eq!(log.verify().await, Value::Null);
        for name in [
            "audit_update",
            "audit_delete",
            "audit_insert",
            "audit_seals_delete",
            "audit_seals_update",
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
        let mut after = json!(0);
        loop {
            let path = format!("{VERIFY}?after={after}");
            let reply = self.app.get(&path).bearer(&self.token).send().await;
            reply.assert_status(200);
            let reply = reply.json();
            after = reply["next"].clone();
            if after.is_null() {
                return reply["failure"].clone();
            }
        }
    }

    async fn fails(&self, number: u32, reason: &str) {
        assert_eq!(
            self.verify().await,
            json!({ "number": number, "reason": reason })
        );
    }
}

#[tokio::test]
async fn a_row_that_was_altered_or_added_is_named() {
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
    for column in [
        "actor", "subject", "name_key", "session", "address", "device",
    ] {
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
    // The last one is not sealed yet: it has its own signature.
    log.sql("UPDATE audit SET device = 'another' WHERE number = 1001")
        .await;
    log.fails(1_001, "altered").await;
}

#[tokio::test]
async fn a_row_that_was_removed_is_named_and_so_is_what_took_its_number() {
    let log = Log::new().await;
    log.sql("DELETE FROM audit WHERE number = 250").await;
    log.fails(250, "missing").await;
    log.sql("UPDATE audit SET number = -number WHERE number > 250")
        .await;
    log.sql("UPDATE audit SET number = -number - 1 WHERE number < 0")
        .await;
    log.fails(250, "moved").await;
}

#[tokio::test]
async fn two_rows_that_changed_places_are_named_by_the_first() {
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
async fn rows_that_were_cut_off_are_named_by_the_first() {
    let log = Log::new().await;
    // The rows alone.
    log.sql("DELETE FROM audit WHERE number > 990").await;
    log.fails(991, "missing").await;
    // Whoever looks only at what came later learns of it too, and so does the cron.
    let path = format!("{VERIFY}?after={SEALED}");
    let reply = log.app.get(&path).bearer(&log.token).send().await.json();
    assert_eq!(
        reply["failure"],
        json!({ "number": 991, "reason": "cut_off" })
    );
    let (_, seen) = log.app.scheduled(CRON).await;
    let line = r#"{"event":"audit_broken","reason":"cut_off"}"#;
    assert_eq!(seen.logs, [("error".to_owned(), line.to_owned())]);
    // Their seals with them: now only the head outside of D1 knows.
    log.sql("DELETE FROM audit WHERE number > 500").await;
    log.sql("DELETE FROM audit_seals WHERE number > 1").await;
    log.fails(501, "cut_off").await;
    let (_, seen) = log.app.scheduled(CRON).await;
    assert_eq!(seen.logs, [("error".to_owned(), line.to_owned())]);
    log.sql("DELETE FROM audit").await;
    log.sql("DELETE FROM audit_seals").await;
    log.fails(1, "cut_off").await;
}

#[tokio::test]
async fn a_seal_that_was_altered_or_removed_is_named_by_its_first_row() {
    let log = Log::new().await;
    log.sql("UPDATE audit_seals SET at = '2030-01-01T00:00:00Z' WHERE number = 2")
        .await;
    log.fails(501, "seal_altered").await;
    log.sql("DELETE FROM audit_seals WHERE number = 1").await;
    log.fails(1, "seal_missing").await;
}

#[tokio::test]
async fn a_log_of_many_calls_is_verified_from_any_row_on() {
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
            (&reply["sealed_to"], &reply["unsealed_rows"]),
            (&json!(1_000), &json!(1))
        );
        rows.push(reply["rows"].as_u64().unwrap());
    }
    // From the beginning of the seal that the row is in.
    assert_eq!(rows, [1_001, 1_001, 1_001, 501, 501, 1, 0, 0]);
}
