//! The cron event seals, and only as long as D1 is what it was.

use super::{CRON, VERIFY};
use crate::sessions::signed_in;
use crate::support::people::Person;
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};

/// A server with so many entries of one person.
async fn with_entries(count: usize) -> (App, Person) {
    let app = App::alone(Vars::new());
    let ada = app.super_admin("ada").await;
    for _ in 0..count {
        signed_in(&app, &ada).await;
    }
    (app, ada)
}

async fn seals(app: &App) -> Vec<(u64, u64, u64)> {
    let rows = app
        .sql(
            "SELECT number, first, last FROM audit_seals ORDER BY number",
            [0; 0],
        )
        .await;
    let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
    rows.iter()
        .map(|row| {
            (
                number(row, "number"),
                number(row, "first"),
                number(row, "last"),
            )
        })
        .collect()
}

async fn head(app: &App) -> Value {
    let text = app.kv_get("audit-head").await;
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

/// A row as the command line writes it from afar.
pub async fn unsigned(app: &App, actor: &str) {
    let sql = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) \
               SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), lower(hex(randomblob(4))) || '-0000-4000-8000-000000000000', \
                      '2026-01-01T00:00:00Z', 'user_disabled', 'success', ?1, 'x', 'y'";
    app.sql(sql, [actor]).await;
}

/// Fires the event and gives what it logged.
async fn cron(app: &App) -> Vec<String> {
    let (outcome, seen) = app.scheduled(CRON).await;
    assert_eq!(outcome, "ok");
    seen.logs.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn each_event_seals_what_is_new_and_keeps_the_head_outside() {
    let (app, ada) = with_entries(2).await;
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(seals(&app).await, [(1, 1, 2)]);
    let first = head(&app).await;
    assert_eq!((&first["seal"], &first["last"]), (&json!(1), &json!(2)));
    // Nothing new: nothing is written.
    let (_, seen) = app.scheduled(CRON).await;
    assert_eq!((seen.kv("put"), seals(&app).await.len()), (0, 1));
    signed_in(&app, &ada).await;
    cron(&app).await;
    assert_eq!(seals(&app).await, [(1, 1, 2), (2, 3, 3)]);
    assert_eq!(head(&app).await["last"], 3);
}

#[tokio::test]
async fn what_the_command_line_wrote_without_the_key_is_signed_and_says_so() {
    let (app, ada) = with_entries(1).await;
    unsigned(&app, "command-line").await;
    let token = signed_in(&app, &ada).await;
    let page = async || app.get(super::AUDIT).bearer(&token).send().await.json();
    let signatures = |page: &Value| -> Vec<String> {
        let entries = page["entries"].as_array().unwrap().iter();
        let mut rows: Vec<_> = entries
            .map(|entry| {
                (
                    entry["number"].as_u64(),
                    entry["signature"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        rows.sort();
        rows.into_iter().map(|(_, signature)| signature).collect()
    };
    assert_eq!(signatures(&page().await), ["own", "none", "own"]);
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(signatures(&page().await), ["own", "late", "own"]);
    let verified = app.get(VERIFY).bearer(&token).send().await.json();
    let expected = json!({"success": true, "rows": 3, "late_signatures": 1, "sealed_to": 3, "unsealed_rows": 0,
                          "failure": null, "next": null});
    assert_eq!(verified, expected);
}

#[tokio::test]
async fn what_anybody_else_wrote_without_the_key_is_not_signed() {
    let (app, ada) = with_entries(1).await;
    unsigned(&app, &ada.id).await;
    let token = signed_in(&app, &ada).await;
    let failure = async || app.get(VERIFY).bearer(&token).send().await.json()["failure"].clone();
    let expected = json!({"number": 2, "reason": "unsigned"});
    assert_eq!(failure().await, expected);
    assert_eq!(
        cron(&app).await,
        [r#"{"event":"audit_broken","reason":"unsigned"}"#]
    );
    // It is sealed as it is, so that what comes after it is; and it stays found.
    assert_eq!(seals(&app).await, [(1, 1, 3)]);
    assert_eq!(failure().await, expected);
}

#[tokio::test]
async fn of_two_events_at_once_one_seals() {
    let (app, _) = with_entries(3).await;
    let held = app
        .fault(Fault::d1().matching("insert into audit_seals").pauses())
        .await;
    let (one, other) = (app.clone(), app.clone());
    let first = tokio::spawn(async move { one.fire(CRON).await });
    held.has_hit(1).await;
    let second = tokio::spawn(async move { other.fire(CRON).await });
    held.has_hit(2).await;
    held.release().await;
    let logs = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(logs.map(|seen| seen.logs.len()), [0, 0]);
    assert_eq!(seals(&app).await, [(1, 1, 3)]);
    assert_eq!(head(&app).await["seal"], 1);
    assert_eq!(cron(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_head_that_could_not_be_kept_is_made_up_for() {
    let (app, ada) = with_entries(1).await;
    let fault = app
        .fault(Fault::kv().ops(&["put"]).matching("audit-head").fails())
        .await;
    let failed = r#"{"event":"sweep_failed","table":"audit_seals"}"#;
    assert_eq!(cron(&app).await, [failed]);
    assert_eq!(
        (seals(&app).await.len(), head(&app).await),
        (1, Value::Null)
    );
    let token = signed_in(&app, &ada).await;
    let verify = app.get(VERIFY).bearer(&token).send().await;
    assert_eq!(verify.json()["failure"], Value::Null);
    fault.mend().await;
    cron(&app).await;
    assert_eq!(
        (seals(&app).await.len(), &head(&app).await["seal"]),
        (2, &json!(2))
    );
}

#[tokio::test]
async fn a_store_that_is_out_seals_nothing() {
    let (app, _) = with_entries(1).await;
    for fault in [
        Fault::kv().ops(&["get"]).fails(),
        Fault::d1().matching("from audit_seals").fails(),
        Fault::d1().matching("insert into audit_seals").fails(),
    ] {
        let fault = app.fault(fault).await;
        assert_eq!(
            cron(&app).await,
            [r#"{"event":"sweep_failed","table":"audit_seals"}"#]
        );
        assert!(seals(&app).await.is_empty());
        fault.mend().await;
    }
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(seals(&app).await.len(), 1);
}

#[tokio::test]
async fn a_log_that_is_not_what_it_was_is_not_sealed_on() {
    let (app, ada) = with_entries(2).await;
    cron(&app).await;
    signed_in(&app, &ada).await;
    let kept = app.kv_get("audit-head").await.unwrap();
    let mut other: Value = serde_json::from_str(&kept).unwrap();
    for (field, value, reason) in [
        ("seal", json!(2), "cut_off"),
        ("mac", json!("0"), "head_differs"),
        ("last", json!(1), "head_differs"),
    ] {
        let before = other[field].clone();
        other[field] = value;
        app.kv_put("audit-head", &other.to_string()).await;
        other[field] = before;
        let line = format!(r#"{{"event":"audit_broken","reason":"{reason}"}}"#);
        assert_eq!(cron(&app).await, [line]);
        assert_eq!(seals(&app).await, [(1, 1, 2)]);
    }
    // A seal that is not ours, where the head was lost.
    app.kv_delete("audit-head").await;
    app.sql("DROP TRIGGER audit_seals_update", [0; 0]).await;
    app.sql("UPDATE audit_seals SET mac = '0'", [0; 0]).await;
    assert_eq!(
        cron(&app).await,
        [r#"{"event":"audit_broken","reason":"seal_altered"}"#]
    );
    assert_eq!(seals(&app).await, [(1, 1, 2)]);
    assert_eq!(head(&app).await, Value::Null);
}
