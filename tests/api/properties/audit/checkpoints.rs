//! The cron event adds checkpoints as long as D1 is unaltered.

use crate::support::audit::{CRON, insert_unsigned, new_entry, record_users};
use crate::support::internals::{AuditKeys, Head, Kind};
use crate::support::{App, Fault, User, Vars, audit};
use serde_json::{Value, json};

/// A server with one user, the entry for their creation, and this many entries for sign-ins.
async fn with_entries(count: usize) -> (App, User) {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    for _ in 0..count {
        ada.sign_in().await;
    }
    (app, ada)
}

async fn checkpoints(app: &App) -> Vec<(u64, u64, u64)> {
    let rows = app
        .run_sql("SELECT number, first, last FROM audit_checkpoints ORDER BY number")
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

/// Runs the event and returns the lines that it logged.
async fn cron(app: &App) -> Vec<String> {
    let (outcome, recorded) = app.scheduled(CRON).await;
    assert_eq!(outcome, "ok");
    recorded.logs.into_iter().map(|(_, text)| text).collect()
}

/// The line that the cron event logs about a row.
fn broken(reason: &str, row: u32) -> String {
    format!(r#"{{"event":"audit_broken","reason":"{reason}","row":{row}}}"#)
}

const OLD_KEY: &str = "b2xkIGF1ZGl0IGtleSBvZiB0aGUgdGVzdHMuLi4uLi4=";

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_covers_new_rows_and_stores_the_head_in_kv() {
    let (app, ada) = with_entries(2).await;
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(checkpoints(&app).await, [(1, 1, 3)]);
    let first = head(&app).await;
    assert_eq!(
        (&first["checkpoint"], &first["last"]),
        (&json!(1), &json!(3))
    );
    // Nothing new: nothing is written.
    let (_, recorded) = app.scheduled(CRON).await;
    assert_eq!(
        (recorded.kv_writes(), checkpoints(&app).await.len()),
        (0, 1)
    );
    ada.sign_in().await;
    cron(&app).await;
    assert_eq!(checkpoints(&app).await, [(1, 1, 3), (2, 4, 4)]);
    assert_eq!(head(&app).await["last"], 4);
}

#[tokio::test]
#[ignore = "slow"]
async fn unsigned_row_is_reported_before_and_after_a_checkpoint_covers_it() {
    for actor in ["user", "command-line"] {
        let (app, ada) = with_entries(1).await;
        let actor = if actor == "user" { &ada.id } else { actor };
        insert_unsigned(&app, actor).await;
        let session = ada.sign_in().await;
        let failure = async || session.verify_audit("").await.json()["failure"].clone();
        let expected = json!({"number": 3, "reason": "unsigned"});
        assert_eq!(failure().await, expected);
        assert_eq!(cron(&app).await, [broken("unsigned", 3)]);
        // A checkpoint covers the row without a signature, so that later rows are covered too.
        assert_eq!(checkpoints(&app).await, [(1, 1, 4)]);
        assert_eq!(failure().await, expected);
    }
}

#[tokio::test]
async fn signed_rows_verify() {
    let (app, ada) = with_entries(1).await;
    let session = ada.sign_in().await;
    assert_eq!(cron(&app).await, [""; 0]);
    let verified = session.verify_audit("").await.json();
    let expected = json!({"success": true, "rows": 3, "clients": 2, "users": 1,
                          "checkpointed_to": 3, "rows_after_checkpoint": 0, "archived_to": 0, "failure": null,
                          "failed_object": null, "schema_changes": [],
                          "user_changes": [], "next": null});
    assert_eq!(verified, expected);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_cron_events_add_one_checkpoint() {
    let (app, _) = with_entries(3).await;
    let held = app
        .fault(
            Fault::d1()
                .matching("insert into audit_checkpoints")
                .pauses(),
        )
        .await;
    let (one, other) = (app.clone(), app.clone());
    let first = tokio::spawn(async move { one.scheduled_beside(CRON).await });
    held.wait_for_hits(1).await;
    let second = tokio::spawn(async move { other.scheduled_beside(CRON).await });
    held.wait_for_hits(2).await;
    held.release().await;
    let logs = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(logs.map(|recorded| recorded.logs.len()), [0, 0]);
    assert_eq!(checkpoints(&app).await, [(1, 1, 4)]);
    assert_eq!(head(&app).await["checkpoint"], 1);
    assert_eq!(cron(&app).await, [""; 0]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn head_that_could_not_be_written_is_written_by_the_next_event() {
    let (app, ada) = with_entries(1).await;
    let fault = app
        .fault(Fault::kv_writes().matching("audit-head").fails())
        .await;
    let failed = r#"{"event":"sweep_failed","table":"audit_checkpoints"}"#;
    assert_eq!(cron(&app).await, [failed]);
    assert_eq!(
        (checkpoints(&app).await.len(), head(&app).await),
        (1, Value::Null)
    );
    let session = ada.sign_in().await;
    let verify = session.verify_audit("").await;
    assert_eq!(verify.json()["failure"], Value::Null);
    fault.remove().await;
    cron(&app).await;
    assert_eq!(
        (
            checkpoints(&app).await.len(),
            &head(&app).await["checkpoint"]
        ),
        (2, &json!(2))
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_without_a_store_adds_no_checkpoint() {
    let (app, _) = with_entries(1).await;
    for fault in [
        Fault::kv_reads().fails(),
        // Not the comparison of users, which reads checkpoints too.
        Fault::d1()
            .matching(r"from audit_checkpoints\s+where number >=")
            .fails(),
        Fault::d1()
            .matching("insert into audit_checkpoints")
            .fails(),
    ] {
        let fault = app.fault(fault).await;
        assert_eq!(
            cron(&app).await,
            [r#"{"event":"sweep_failed","table":"audit_checkpoints"}"#]
        );
        assert!(checkpoints(&app).await.is_empty());
        fault.remove().await;
    }
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(checkpoints(&app).await.len(), 1);
}

#[tokio::test]
#[ignore = "slow"]
async fn log_that_differs_from_its_head_gets_no_checkpoint() {
    let (app, ada) = with_entries(2).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    let kept = app.kv_get("audit-head").await.unwrap();
    let keys = audit::keys(app.vars());
    let stored = keys.read_head(&kept).expect("an authentic head");
    // Authentic heads, for checkpoints that differ from those of D1.
    let other = |change: fn(&mut Head)| {
        let mut head = stored.clone();
        change(&mut head);
        keys.head_text(&head)
    };
    let stranger = AuditKeys::new(&[7; 32], &[]).head_text(&stored);
    let renumbered = kept.replace("\"checkpoint\":1", "\"checkpoint\":0");
    for (text, reason, row) in [
        (other(|head| head.checkpoint = 2), "truncated", 4),
        (other(|head| head.mac = "0".into()), "head_differs", 1),
        (other(|head| head.last = 1), "head_differs", 1),
        (other(|head| head.key = "0".into()), "head_differs", 1),
        // Forged heads: a writer of KV cannot hide a truncation with an older head.
        (renumbered, "head_altered", 1),
        (stranger, "head_altered", 1),
        (kept[..kept.len() - 9].to_owned(), "head_altered", 1),
        (String::new(), "head_altered", 1),
    ] {
        app.kv_put("audit-head", &text).await;
        assert_eq!(cron(&app).await, [broken(reason, row)], "{text}");
        assert_eq!(checkpoints(&app).await, [(1, 1, 3)]);
        let page = &session.verify_whole_audit().await[0];
        let expected = json!({"number": row, "reason": reason});
        assert_eq!(page["failure"], expected, "{text}");
    }
    // A forged checkpoint after the head was lost.
    app.kv_delete("audit-head").await;
    app.run_sql("DROP TRIGGER audit_checkpoints_update").await;
    app.run_sql("UPDATE audit_checkpoints SET mac = '0'").await;
    let missing = r#"{"event":"audit_broken","reason":"schema_changed","object":"trigger audit_checkpoints_update","difference":"missing"}"#;
    assert_eq!(
        cron(&app).await,
        [broken("checkpoint_altered", 1), missing.to_owned()]
    );
    assert_eq!(checkpoints(&app).await, [(1, 1, 3)]);
    assert_eq!(head(&app).await, Value::Null);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn deleted_head_is_reported_once_and_written_again() {
    let (app, ada) = with_entries(1).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    cron(&app).await;
    assert_eq!(checkpoints(&app).await, [(1, 1, 2), (2, 3, 3)]);
    app.kv_delete("audit-head").await;
    let failure = async || session.verify_whole_audit().await[0]["failure"].clone();
    assert_eq!(
        failure().await,
        json!({"number": 3, "reason": "head_missing"})
    );
    assert_eq!(cron(&app).await, [broken("head_missing", 3)]);
    assert_eq!(head(&app).await["checkpoint"], 2);
    assert_eq!(failure().await, Value::Null);
    assert_eq!(cron(&app).await, [""; 0]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn retired_key_verifies_rows_before_its_rotation_only() {
    let app = App::isolated(Vars::new().set("AUDIT_KEY_PREVIOUS", OLD_KEY));
    let vars = &app.vars();
    let old = AuditKeys::new(&audit::key(vars, "AUDIT_KEY_PREVIOUS"), &[]);
    let entry = |kind| new_entry(0, kind);
    // Before the rotation: two rows and a checkpoint with the old key. The cron event uses the old key as long as no
    // row has the new one.
    audit::insert(&app, &old, entry(Kind::SignOut)).await;
    audit::insert(&app, &old, entry(Kind::SignOut)).await;
    assert_eq!(cron(&app).await, [""; 0]);
    // During the deployment of the new key, isolates with the old key still write.
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let session = ada.sign_in().await;
    audit::insert(&app, &old, entry(Kind::SignOut)).await;
    let keys_of = async || {
        let rows = app
            .run_sql("SELECT key FROM audit_checkpoints ORDER BY number")
            .await;
        let key = |row: &Value| row["key"].as_str().unwrap().to_owned();
        rows.iter().map(key).collect::<Vec<_>>()
    };
    app.shift_clock(3_600).await;
    assert_eq!(cron(&app).await, [""; 0]);
    let made = keys_of().await;
    assert_ne!(made.first(), made.last(), "{made:?}");
    let token_failure = async || {
        let pages = session.verify_whole_audit().await;
        pages[0]["failure"].clone()
    };
    assert_eq!(token_failure().await, Value::Null);
    // After it: an attacker with the leaked old key appends a row.
    audit::insert(&app, &old, entry(Kind::SignOut)).await;
    let rows = app.run_sql("SELECT max(number) AS n FROM audit").await;
    let number = u32::try_from(rows[0]["n"].as_u64().unwrap()).unwrap();
    let expected = json!({"number": number, "reason": "retired_key"});
    assert_eq!(token_failure().await, expected);
    assert_eq!(cron(&app).await, [broken("retired_key", number)]);
    // The row is also refused once a checkpoint covers it.
    assert_eq!(keys_of().await.len(), made.len() + 1);
    assert_eq!(token_failure().await, expected);
}
