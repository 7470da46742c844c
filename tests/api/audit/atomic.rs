//! An entry and what it records are one: a fault in either leaves neither, and the database takes nothing back.

use super::about;
use crate::sessions::{column, logout, password_link, set_password, signed_in};
use crate::support::{App, Vars};
use serde_json::Value;
use tokio::task::JoinSet;

/// Makes the database itself refuse entries of this kind, in the midst of their batch.
async fn refuse_entries(app: &App, kind: &str) {
    let sql = format!(
        "CREATE TRIGGER fault BEFORE INSERT ON audit WHEN NEW.kind = '{kind}' \
         BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END"
    );
    app.sql(&sql, [0; 0]).await;
}

/// Makes the database refuse what the entry records.
async fn refuse(app: &App, event: &str) {
    let sql = format!(
        "CREATE TRIGGER fault BEFORE {event} BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END"
    );
    app.sql(&sql, [0; 0]).await;
}

async fn mend(app: &App) {
    app.sql("DROP TRIGGER fault", [0; 0]).await;
}

async fn count(app: &App, table: &str) -> Value {
    let rows = app
        .sql(&format!("SELECT count(*) AS n FROM {table}"), [0; 0])
        .await;
    rows[0]["n"].clone()
}

#[tokio::test]
async fn a_fault_in_the_entry_leaves_nothing_done() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    let before = about(&app, &ada.id).await;

    refuse_entries(&app, "sign_in").await;
    app.login(&ada).await.assert_status(503);
    assert_eq!(count(&app, "sessions").await, 1);
    mend(&app).await;

    refuse_entries(&app, "sign_out").await;
    logout(&app, &token).await.assert_status(503);
    assert!(column(&app, &token, "revoked_at").await.is_null());
    mend(&app).await;

    for kind in ["password_set", "session_revoked"] {
        refuse_entries(&app, kind).await;
        set_password(&app, &link, "a wholly different passphrase")
            .await
            .assert_status(503);
        mend(&app).await;
        assert!(column(&app, &token, "revoked_at").await.is_null());
    }

    app.calm_down().await;
    refuse_entries(&app, "sign_in_failed").await;
    let mut wrong = ada.login();
    wrong["password"] = "wrong".into();
    let reply = app.post("/api/auth/login").json(&wrong).send().await;
    reply.assert_status(503);
    mend(&app).await;

    assert_eq!(about(&app, &ada.id).await, before);
    // The old password still signs in, and the link still works.
    app.calm_down().await;
    app.login(&ada).await.assert_status(200);
    set_password(&app, &link, "a wholly different passphrase")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_fault_in_what_is_recorded_leaves_no_entry() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    let before = count(&app, "audit").await;
    for event in ["INSERT ON sessions", "UPDATE OF last_login ON users"] {
        refuse(&app, event).await;
        app.login(&ada).await.assert_status(503);
        mend(&app).await;
        app.calm_down().await;
    }
    refuse(&app, "UPDATE OF revoked_at ON sessions").await;
    logout(&app, &token).await.assert_status(503);
    set_password(&app, &link, "a wholly different passphrase")
        .await
        .assert_status(503);
    mend(&app).await;
    assert_eq!(count(&app, "audit").await, before);
}

#[tokio::test]
async fn the_database_takes_nothing_back() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    for _ in 0..3 {
        signed_in(&app, &ada).await;
    }
    app.sql("INSERT INTO audit_signatures VALUES (1, 'x', 'x')", [0; 0])
        .await;
    app.scheduled(super::CRON).await;
    let tables = [
        "audit",
        "audit_clients",
        "audit_signatures",
        "audit_checkpoints",
    ];
    let all = async || {
        let mut rows = Vec::new();
        for table in tables {
            rows.push(app.sql(&format!("SELECT * FROM {table}"), [0; 0]).await);
        }
        rows
    };
    let before = all().await;
    assert!(before.iter().all(|rows| !rows.is_empty()), "{before:?}");
    let again = "SELECT number, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, \
                 request, mac FROM audit WHERE number = 2";
    let next = again.replacen("number", "4", 1);
    for sql in [
        "UPDATE audit SET outcome = 'failure'",
        "UPDATE audit SET number = 9 WHERE number = 3",
        "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
        "UPDATE OR IGNORE audit SET detail = NULL",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 3",
        &format!("INSERT INTO audit {again}"),
        &format!("INSERT OR REPLACE INTO audit {again}"),
        &format!("INSERT OR IGNORE INTO audit {again}"),
        &format!("REPLACE INTO audit {again}"),
        &format!("REPLACE INTO audit {next}"),
        &format!("INSERT OR REPLACE INTO audit {next}"),
        &format!("INSERT INTO audit {next} ON CONFLICT DO UPDATE SET detail = NULL"),
        "INSERT INTO audit (id, at, kind, outcome, request) VALUES ('x', 'x', 'x', 'success', 'x')",
        "INSERT INTO audit (number, id, at, kind, outcome, request) VALUES (5, 'x', 'x', 'x', 'success', 'x')",
        "INSERT INTO audit (number, id, at, kind, outcome, request) VALUES (0, 'x', 'x', 'x', 'success', 'x')",
        "UPDATE audit_signatures SET mac = 'y'",
        "DELETE FROM audit_signatures",
        "REPLACE INTO audit_signatures VALUES (1, 'y', 'y')",
        "UPDATE audit_checkpoints SET mac = 'y'",
        "UPDATE OR REPLACE audit_checkpoints SET number = 2",
        "DELETE FROM audit_checkpoints",
        "REPLACE INTO audit_checkpoints SELECT number, first, last, at, key, marks, 'y' FROM audit_checkpoints",
        "REPLACE INTO audit_checkpoints SELECT number + 1, first, last, at, key, marks, 'y' FROM audit_checkpoints",
        "REPLACE INTO audit_checkpoints VALUES (3, 4, 4, 'x', 'x', 'x', 'x')",
        "UPDATE audit_clients SET address = 'y'",
        "UPDATE OR REPLACE audit_clients SET number = 1 WHERE number = 2",
        "REPLACE INTO audit_clients SELECT number, salt, 'y', device FROM audit_clients",
    ] {
        let refused = app.try_sql(sql).await;
        let text = refused.expect_err(sql);
        let is_refused = ["rows are only added", "rows are not changed"];
        assert!(
            is_refused.iter().any(|part| text.contains(part)),
            "{sql}: {text}"
        );
    }
    assert_eq!(all().await, before);
}

#[tokio::test]
async fn numbers_have_no_gaps_however_many_write_at_once() {
    let app = App::alone(Vars::new());
    let mut running = JoinSet::new();
    for index in 0..40 {
        let person = app.password_user("ada").await;
        let mut body = person.login();
        if index % 2 == 1 {
            body["password"] = "wrong".into();
        }
        let app = app.clone();
        running.spawn(async move {
            let address = app.elsewhere(index);
            let request = app.post("/api/auth/login").json(&body);
            let reply = request.from(&address).send_until_admitted().await;
            let token = reply.json()["token"].as_str().map(str::to_owned);
            if let Some(token) = token {
                logout(&app, &token).await.assert_status(200);
            }
        });
    }
    running.join_all().await;
    let rows = app
        .sql("SELECT number, kind FROM audit ORDER BY number", [0; 0])
        .await;
    let numbers: Vec<_> = rows
        .iter()
        .map(|row| row["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<u64>>());
    for kind in ["sign_in", "sign_in_failed", "sign_out"] {
        assert_eq!(rows.iter().filter(|row| row["kind"] == kind).count(), 20);
    }
}
