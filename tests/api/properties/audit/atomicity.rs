//! An entry and the change that it records are written together or not at all, and no entry can be changed.

use crate::support::audit::{CRON, entries_about};
use crate::support::{App, NEW_PASSWORD, PASSWORD, Vars};
use tokio::task::JoinSet;

/// Makes the database refuse entries of this kind, in the middle of their batch.
async fn refuse_entries(app: &App, kind: &str) {
    let sql = format!(
        "CREATE TRIGGER fault BEFORE INSERT ON audit WHEN NEW.kind = '{kind}' \
         BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END"
    );
    app.run_sql(&sql).await;
}

/// Makes the database refuse these changes.
async fn refuse_changes(app: &App, event: &str) {
    let sql = format!(
        "CREATE TRIGGER fault BEFORE {event} BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END"
    );
    app.run_sql(&sql).await;
}

async fn accept_all(app: &App) {
    app.run_sql("DROP TRIGGER fault").await;
}

async fn count(app: &App, table: &str) -> u64 {
    let sql = format!("SELECT count(*) AS n FROM {table}");
    app.count(&sql, [0; 0]).await
}

#[tokio::test]
async fn change_whose_entry_fails_is_not_made() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let link = ada.reset_link().await;
    let before = entries_about(&app, &ada.id).await;

    refuse_entries(&app, "sign_in").await;
    ada.login().await.assert_status(503);
    assert_eq!(count(&app, "sessions").await, 1);
    accept_all(&app).await;

    refuse_entries(&app, "sign_out").await;
    session.logout().await.assert_status(503);
    assert!(!session.is_revoked().await);
    accept_all(&app).await;

    for kind in ["password_set", "session_revoked"] {
        refuse_entries(&app, kind).await;
        app.anonymous()
            .set_password(&link, NEW_PASSWORD)
            .await
            .assert_status(503);
        accept_all(&app).await;
        assert!(!session.is_revoked().await);
    }

    app.skip_back_off().await;
    refuse_entries(&app, "sign_in_failed").await;
    let response = ada.guess().await;
    response.assert_status(503);
    accept_all(&app).await;

    assert_eq!(entries_about(&app, &ada.id).await, before);
    // The old password and the one-time link are still valid.
    app.skip_back_off().await;
    ada.login().await.assert_status(200);
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn entry_of_a_failed_change_is_not_written() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let link = ada.reset_link().await;
    let before = count(&app, "audit").await;
    for event in ["INSERT ON sessions", "UPDATE OF last_login ON users"] {
        refuse_changes(&app, event).await;
        ada.login().await.assert_status(503);
        accept_all(&app).await;
        app.skip_back_off().await;
    }
    refuse_changes(&app, "UPDATE OF revoked_at ON sessions").await;
    session.logout().await.assert_status(503);
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(503);
    accept_all(&app).await;
    assert_eq!(count(&app, "audit").await, before);
}

#[tokio::test]
async fn database_refuses_changes_of_the_log() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    for _ in 0..3 {
        ada.sign_in().await;
    }
    app.run_sql("INSERT INTO audit_signatures VALUES (1, 'x', 'x')")
        .await;
    app.scheduled(CRON).await;
    let tables = [
        "audit",
        "audit_clients",
        "audit_signatures",
        "audit_checkpoints",
    ];
    let all = async || {
        let mut rows = Vec::new();
        for table in tables {
            rows.push(app.run_sql(&format!("SELECT * FROM {table}")).await);
        }
        rows
    };
    let before = all().await;
    assert!(before.iter().all(|rows| !rows.is_empty()), "{before:?}");
    let copy = "SELECT number, id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, \
                 request, mac FROM audit WHERE number = 2";
    let next = copy.replacen("number", "4", 1);
    for sql in [
        "UPDATE audit SET outcome = 'failure'",
        "UPDATE audit SET number = 9 WHERE number = 3",
        "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
        "UPDATE OR IGNORE audit SET detail = NULL",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 3",
        &format!("INSERT INTO audit {copy}"),
        &format!("INSERT OR REPLACE INTO audit {copy}"),
        &format!("INSERT OR IGNORE INTO audit {copy}"),
        &format!("REPLACE INTO audit {copy}"),
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
#[ignore = "slow"]
async fn concurrent_entries_are_numbered_without_gaps() {
    let app = App::isolated(Vars::new());
    let mut running = JoinSet::new();
    for index in 0..40 {
        let ada = app.user("ada").await;
        let is_right = index % 2 == 0;
        let password = if is_right { PASSWORD } else { "wrong" };
        let login = ada.login_with(password).client_ip(&app.other_ip(index));
        running.spawn(async move {
            let response = login.await;
            if is_right {
                response.session().logout().await.assert_status(200);
            }
        });
    }
    running.join_all().await;
    let rows = app
        .run_sql("SELECT number, kind FROM audit ORDER BY number")
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
