//! A writer of D1 tries to bypass the audit log: with triggers that skip entries, and by changing users or tables
//! directly. Audited operations then fail, and verification and the cron event name the changes.

use crate::support::audit::{CRON, entries_about, record_users};
use crate::support::{App, NEW_PASSWORD, User, Vars};
use serde_json::{Value, json};

/// Makes the database skip every entry about this user, without an error.
async fn skip_entries_about(app: &App, user: &User) {
    let sql = format!(
        "CREATE TRIGGER z BEFORE INSERT ON audit WHEN NEW.subject = '{}' BEGIN SELECT RAISE(IGNORE); END",
        user.id
    );
    app.run_sql(&sql).await;
}

/// The errors that one cron event logs.
async fn logged(app: &App) -> Vec<String> {
    let (_, recorded) = app.scheduled(CRON).await;
    recorded.logs.into_iter().map(|(_, text)| text).collect()
}

fn schema_line(object: &str, difference: &str) -> String {
    format!(
        r#"{{"event":"audit_broken","reason":"schema_changed","object":"{object}","difference":"{difference}"}}"#
    )
}

fn user_line(user: &str, field: &str) -> String {
    format!(
        r#"{{"event":"audit_broken","reason":"user_changed","user":"{user}","field":"{field}"}}"#
    )
}

#[tokio::test]
#[ignore = "slow"]
async fn trigger_that_skips_entries_and_changed_role_are_reported() {
    let app = App::isolated(Vars::new());
    let (ada, eve) = (app.super_admin("ada").await, app.user("eve").await);
    record_users(&app).await;
    let session = ada.sign_in().await;
    assert_eq!(logged(&app).await, [""; 0]);

    skip_entries_about(&app, &eve).await;
    eve.update("role = 'super_admin'").await;

    let pages = session.verify_whole_audit().await;
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0]["failure"], Value::Null);
    let trigger = json!([{"kind": "trigger", "name": "z", "difference": "added"}]);
    assert_eq!(pages[0]["schema_changes"], trigger);
    let user =
        json!([{"user": eve.id, "field": "role", "recorded": "user", "found": "super_admin"}]);
    assert_eq!(pages[0]["user_changes"], user);
    assert_eq!(
        logged(&app).await,
        [
            schema_line("trigger z", "added"),
            user_line(&eve.id, "role")
        ]
    );
    // No change is possible without its entry, not even a sign-in of eve.
    eve.login().await.assert_status(503);
    assert_eq!(eve.sessions_where("true").await, 0);

    app.run_sql("DROP TRIGGER z").await;
    eve.update("role = 'user'").await;
    let page = &session.verify_whole_audit().await[0];
    let none = json!([]);
    assert_eq!(
        (&page["schema_changes"], &page["user_changes"]),
        (&none, &none)
    );
    assert_eq!(logged(&app).await, [""; 0]);
}

#[tokio::test]
async fn write_whose_entry_is_skipped_returns_503_and_changes_nothing() {
    let app = App::isolated(Vars::new());
    let (ada, eve) = (app.user("ada").await, app.admin("eve").await);
    let session = eve.sign_in().await;
    let rotated = session.refreshed().await;
    let link = eve.reset_link().await;
    let before = eve.row("password_hash, last_login").await;
    let entries = async || entries_about(&app, &eve.id).await.len();
    let written = entries().await;
    skip_entries_about(&app, &eve).await;

    eve.login().await.assert_status(503);
    app.skip_back_off().await;
    let response = eve.guess().await;
    response.assert_status(503);
    app.skip_back_off().await;
    for request in [
        rotated.logout(),
        rotated.logout_all(),
        rotated.revoke_session(&rotated.session_id()),
    ] {
        request.await.assert_status(503);
    }
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(503);
    let response = rotated.change_password(&eve.password, NEW_PASSWORD).await;
    response.assert_status(503);
    // A rotated-out token that is reused much later.
    app.shift_clock(3_600).await;
    session.refresh().await.assert_status(503);
    app.shift_clock(0).await;

    assert_eq!(entries().await, written);
    assert_eq!(eve.row("password_hash, last_login").await, before);
    assert!(!rotated.is_revoked().await);
    assert_eq!(eve.sessions_where("true").await, 1);
    // Others are not affected.
    app.skip_back_off().await;
    ada.login().await.assert_status(200);
    // Once the trigger is removed, everything works.
    app.run_sql("DROP TRIGGER z").await;
    rotated.logout().await.assert_status(200);
    app.skip_back_off().await;
    eve.login().await.assert_status(200);
}

#[tokio::test]
async fn write_whose_client_row_is_skipped_returns_503() {
    let app = App::isolated(Vars::new());
    let eve = app.user("eve").await;
    app.run_sql("CREATE TRIGGER z BEFORE INSERT ON audit_clients BEGIN SELECT RAISE(IGNORE); END")
        .await;
    eve.login().await.assert_status(503);
    let rows = app.run_sql("SELECT id FROM sessions").await;
    assert!(rows.is_empty());
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn changed_users_are_reported() {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    let (bob, eve) = (
        app.user("bob").await,
        app.new_user("eve").disabled().create().await,
    );
    record_users(&app).await;
    let session = ada.sign_in().await;
    let changes = async || session.verify_whole_audit().await[0]["user_changes"].clone();
    assert_eq!(changes().await, json!([]));
    // A disabled user is enabled, and vice versa.
    app.run_sql("UPDATE users SET is_active = 1 - is_active WHERE role = 'user'")
        .await;
    let expected = json!([
        {"user": bob.id, "field": "status", "recorded": "active", "found": "disabled"},
        {"user": eve.id, "field": "status", "recorded": "disabled", "found": "active"},
    ]);
    assert_eq!(changes().await, expected);
    assert_eq!(
        logged(&app).await,
        [user_line(&bob.id, "status"), user_line(&eve.id, "status")]
    );
    app.run_sql("UPDATE users SET is_active = 1 - is_active WHERE role = 'user'")
        .await;
    // A user without an entry for their creation.
    let mallory = app.admin("mallory").await;
    let expected = json!([
        {"user": mallory.id, "field": "role", "recorded": null, "found": "admin"},
        {"user": mallory.id, "field": "status", "recorded": null, "found": "active"},
    ]);
    assert_eq!(changes().await, expected);
    assert_eq!(
        logged(&app).await,
        [
            user_line(&mallory.id, "role"),
            user_line(&mallory.id, "status")
        ]
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn changed_tables_and_triggers_are_reported() {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let session = ada.sign_in().await;
    let changes = async || session.verify_whole_audit().await[0]["schema_changes"].clone();
    assert_eq!(changes().await, json!([]));
    let change = |kind: &str, name: &str, difference: &str| json!({"kind": kind, "name": name, "difference": difference});
    for (sql, expected, undo) in [
        (
            "DROP TRIGGER audit_delete",
            change("trigger", "audit_delete", "missing"),
            "CREATE TRIGGER audit_delete BEFORE DELETE ON audit
             WHEN OLD.number > (SELECT coalesce(max(last), 0) FROM audit_archives)
             BEGIN
               SELECT RAISE(ABORT, 'audit: rows are only added, and removed once they are archived');
             END",
        ),
        (
            "CREATE TRIGGER d1_migrations_t AFTER UPDATE ON users BEGIN SELECT 1; END",
            change("trigger", "d1_migrations_t", "added"),
            "DROP TRIGGER d1_migrations_t",
        ),
        (
            "CREATE VIEW d1_migrations_x AS SELECT 1",
            change("view", "d1_migrations_x", "added"),
            "DROP VIEW d1_migrations_x",
        ),
        (
            "DROP INDEX users_privileged",
            change("index", "users_privileged", "missing"),
            "CREATE INDEX users_privileged ON users (id) WHERE role <> 'user'",
        ),
        (
            "CREATE TABLE \"a\"\"b\" (x)",
            change("table", "a?b", "added"),
            "DROP TABLE \"a\"\"b\"",
        ),
    ] {
        app.run_sql(sql).await;
        assert_eq!(changes().await, json!([expected]), "{sql}");
        app.run_sql(undo).await;
        assert_eq!(changes().await, json!([]), "{undo}");
    }
    // A view whose definition continues after a longer run of spaces than is read.
    let view = "CREATE VIEW password_logins (login, id) AS
                SELECT username, id FROM users WHERE source = 'password'
                UNION ALL SELECT email_key, id FROM users WHERE source = 'password'";
    let blanks = " ".repeat(25_000);
    for (definition, expected) in [
        (
            format!("{view}{blanks}UNION ALL SELECT 'back door', id FROM users"),
            json!([change("view", "password_logins", "altered")]),
        ),
        (view.to_owned(), json!([])),
    ] {
        app.run_sql("DROP VIEW password_logins").await;
        app.run_sql(&definition).await;
        assert_eq!(changes().await, expected);
    }
    // A known table with a further column.
    app.run_sql("ALTER TABLE password_links ADD COLUMN x TEXT")
        .await;
    let table = change("table", "password_links", "altered");
    assert_eq!(changes().await, json!([table]));
    // A known trigger with a different body.
    app.run_sql("DROP TRIGGER audit_insert").await;
    app.run_sql(
        "CREATE TRIGGER audit_insert BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END",
    )
    .await;
    let trigger = change("trigger", "audit_insert", "altered");
    assert_eq!(changes().await, json!([trigger, table]));
    assert_eq!(
        logged(&app).await,
        [
            schema_line("trigger audit_insert", "altered"),
            schema_line("table password_links", "altered")
        ]
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn changes_by_the_command_line_are_not_reported() {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    let line = app.command_line().await;
    record_users(&app).await;
    let session = ada.sign_in().await;
    let name = format!("bob-{}", std::process::id());
    let email = format!("{name}@example.com");
    for args in [
        &["add", &name, "--email", &email][..],
        &["set-role", &name, "admin", "--yes"],
        &["disable", &name, "--yes"],
        &["enable", &name],
        &["set-role", &name, "super_admin", "--yes"],
        &["set-role", &name, "user", "--yes"],
        &["disable", &name, "--yes"],
    ] {
        line.succeed(&[&["user"], args].concat()).await;
        let pages = session.verify_whole_audit().await;
        for page in &pages {
            let none = json!([]);
            assert_eq!(
                (&page["failure"], &page["user_changes"]),
                (&Value::Null, &none),
                "{args:?}"
            );
        }
        assert_eq!(pages.last().unwrap()["users"], 3);
        assert_eq!(logged(&app).await, [""; 0], "{args:?}");
    }
}
