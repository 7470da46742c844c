//! The cron event sends every entry of the audit log to the webhook, in order and signed, and a failing receiver delays nothing
//! else. A cron event blocks the thread of its test, so the receiver needs another one.

use crate::support::audit::{CRON, record_users, rows};
use crate::support::audit_log::seed_entries;
use crate::support::receiver::{ACCEPTED, Answer, Message, Receiver};
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

const DAY: i64 = 86_400;

const SECRET: &str = "whsec_d2ViaG9vayBzZWNyZXQgb2YgdGhlIHRlc3RzLi4=";

fn vars(receiver: &Receiver) -> Vars {
    Vars::new()
        .set("AUDIT_WEBHOOK_URL", &receiver.url)
        .set("AUDIT_WEBHOOK_SECRET", SECRET)
}

/// Runs the event and returns the lines that it logged.
async fn cron(app: &App) -> Vec<String> {
    let (outcome, recorded) = app.scheduled(CRON).await;
    assert_eq!(outcome, "ok");
    recorded.logs.into_iter().map(|(_, text)| text).collect()
}

/// The entries in a message whose signature a third-party library accepts.
fn entries(message: &Message) -> Vec<Value> {
    let webhook = Webhook::new(SECRET).expect("a secret");
    let verified = webhook.verify(message.body.as_bytes(), &message.headers);
    verified.expect("a valid signature");
    let body: Value = serde_json::from_str(&message.body).expect("JSON");
    assert_eq!(body["type"], "audit.entries");
    body["data"]["entries"].as_array().expect("a list").clone()
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    let entries = messages.iter().flat_map(entries);
    entries
        .map(|entry| entry["number"].as_u64().expect("a number"))
        .collect()
}

async fn sent_to(app: &App) -> Value {
    let found = app.run_sql("SELECT last FROM audit_webhook").await;
    found.first().map_or(Value::Null, |row| row["last"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_sent_once_in_order_and_signed() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver));
    seed_entries(&app, 1..=450).await;
    assert_eq!(cron(&app).await, [""; 0]);
    let messages = receiver.take();
    assert_eq!(messages.len(), 3);
    assert_eq!(numbers(&messages), (1..=450).collect::<Vec<u64>>());
    let header = |name: &str| messages[1].headers[name].to_str().expect("text").to_owned();
    assert_eq!(
        (header("webhook-id"), header("content-type")),
        ("audit_201_400".to_owned(), "application/json".to_owned())
    );
    assert_eq!(sent_to(&app).await, 450);
    assert_eq!(cron(&app).await, [""; 0]);
    assert!(receiver.take().is_empty());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    ada.sign_in().await;
    cron(&app).await;
    let messages = receiver.take();
    assert_eq!(numbers(&messages), [451, 452]);
    let row = &rows(&app, "audit.number = 452", "").await[0];
    let entry = &entries(&messages[0])[1];
    for name in [
        "id", "at", "kind", "outcome", "actor", "subject", "session", "detail", "request",
    ] {
        assert_eq!(entry[name], row[name], "{name}");
    }
    let text = &messages[0].body;
    assert!(!text.contains(app.ip()) && !text.contains("address") && !text.contains(&ada.username));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: starts a server"]
async fn addresses_are_sent_only_if_the_operator_wants_them() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver).set("AUDIT_WEBHOOK_CLIENTS", "true"));
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    ada.login()
        .header("user-agent", "a browser")
        .await
        .assert_status(200);
    cron(&app).await;
    let entry = &entries(&receiver.take()[0])[1];
    assert_eq!(
        (&entry["address"], &entry["device"]),
        (&json!(app.ip()), &json!("a browser"))
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow"]
async fn failing_receiver_gets_the_same_entries_again_and_delays_nothing_else() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver));
    seed_entries(&app, 1..=250).await;
    let redirect = Answer::Status("307 Temporary Redirect\r\nlocation: /elsewhere");
    for (answer, code) in [
        (Answer::Status("500 Internal Server Error"), "status"),
        (redirect, "status"),
        (Answer::Closes, "connection"),
        (Answer::Hangs, "timeout"),
    ] {
        receiver.respond(answer);
        let failed = format!(r#"{{"event":"webhook_failed","code":"{code}"}}"#);
        assert_eq!(cron(&app).await, [failed]);
        let messages = receiver.take();
        assert!(!messages.is_empty() && numbers(&messages)[0] == 1);
        assert_eq!(messages[0].headers["webhook-id"], "audit_1_200");
        assert_eq!(sent_to(&app).await, Value::Null);
    }
    // The other parts of the events have run.
    let checkpoints = app
        .count("SELECT count(*) AS n FROM audit_checkpoints", [0; 0])
        .await;
    assert_eq!(checkpoints, 1);
    let run = &app.run_sql("SELECT failed FROM cron_runs").await[0];
    assert_eq!(run["failed"], "audit_webhook");
    receiver.respond(ACCEPTED);
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(numbers(&receiver.take()), (1..=250).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: starts a server"]
async fn entries_whose_acceptance_was_not_stored_are_sent_again() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver));
    seed_entries(&app, 1..=10).await;
    let fault = app
        .fault(Fault::d1().matching("insert into audit_webhook").fails())
        .await;
    assert_eq!(
        cron(&app).await,
        [r#"{"event":"sweep_failed","table":"audit_webhook"}"#]
    );
    fault.remove().await;
    cron(&app).await;
    let messages = receiver.take();
    assert_eq!(messages.len(), 2);
    assert_eq!(
        messages[0].headers["webhook-id"],
        messages[1].headers["webhook-id"]
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: starts a server"]
async fn number_above_the_last_entry_is_reported_and_nothing_is_skipped() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver));
    seed_entries(&app, 1..=10).await;
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    cron(&app).await;
    assert_eq!(numbers(&receiver.take()), (1..=11).collect::<Vec<u64>>());
    app.run_sql("UPDATE audit_webhook SET last = 9999").await;
    let session = ada.sign_in().await;
    let broken = r#"{"event":"audit_broken","reason":"webhook_ahead","row":9999}"#;
    assert_eq!(cron(&app).await, [broken]);
    assert_eq!(numbers(&receiver.take()), [12]);
    let status = session.get("/api/auth/status").await.json();
    assert_eq!(status["cron"]["failed"], json!(["audit_broken"]));
    assert_eq!(status["webhook"]["sent_to"], 12);
    assert_eq!(cron(&app).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: starts a server"]
async fn entries_wait_for_the_webhook_before_they_are_archived() {
    let receiver = Receiver::start().await;
    let app = App::isolated(vars(&receiver).set("AUDIT_RETENTION_DAYS", "30"));
    receiver.respond(Answer::Status("500 Internal Server Error"));
    seed_entries(&app, 1..=10).await;
    cron(&app).await;
    seed_entries(&app, 11..=20).await;
    cron(&app).await;
    let archived = async || {
        app.count("SELECT count(*) AS n FROM audit_archives", [0; 0])
            .await
    };
    let failed = r#"{"event":"webhook_failed","code":"status"}"#;
    app.shift_clock(59 * DAY).await;
    assert_eq!(cron(&app).await, [failed]);
    assert_eq!(archived().await, 0);
    app.shift_clock(62 * DAY).await;
    let skipped = r#"{"event":"webhook_failed","code":"skipped"}"#;
    assert_eq!(cron(&app).await, [skipped, failed]);
    assert_eq!(archived().await, 1);
}
