//! A writer of D1 tries to bypass the audit log: with triggers that skip its entries, by changing users directly, and by
//! changing the tables. Audited operations then fail, and verification and the cron event name the changes.

use super::{CRON, record_users, verify};
use crate::sessions::{
    column, logout, password_link, record_id, refresh, refreshed, set_password, signed_in,
};
use crate::support::people::Person;
use crate::support::{App, Vars};
use serde_json::{Value, json};

/// Makes the database skip every entry about this user, without an error.
async fn skip_entries_about(app: &App, user: &Person) {
    let sql = format!(
        "CREATE TRIGGER z BEFORE INSERT ON audit WHEN NEW.subject = '{}' BEGIN SELECT RAISE(IGNORE); END",
        user.id
    );
    app.sql(&sql, [0; 0]).await;
}

async fn run(app: &App, sql: &str) {
    app.sql(sql, [0; 0]).await;
}

/// What one cron event logs.
async fn logged(app: &App) -> Vec<String> {
    let (_, seen) = app.scheduled(CRON).await;
    seen.logs.into_iter().map(|(_, text)| text).collect()
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
async fn trigger_that_ignores_entries_and_update_of_a_role_are_found_and_named() {
    let app = App::alone(Vars::new());
    let (ada, eve) = (app.super_admin("ada").await, app.password_user("eve").await);
    record_users(&app).await;
    let token = signed_in(&app, &ada).await;
    assert_eq!(logged(&app).await, [""; 0]);

    skip_entries_about(&app, &eve).await;
    let raise = "UPDATE users SET role = 'super_admin' WHERE id = ?1";
    app.sql(raise, [eve.id.clone()]).await;

    let pages = verify(&app, &token).await;
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
    // Nothing can be done without an entry: eve cannot even sign in.
    app.login(&eve).await.assert_status(503);
    let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1";
    assert_eq!(app.sql(sql, [eve.id.clone()]).await[0]["n"], 0);

    run(&app, "DROP TRIGGER z").await;
    let lower = "UPDATE users SET role = 'user' WHERE id = ?1";
    app.sql(lower, [eve.id.clone()]).await;
    let page = &verify(&app, &token).await[0];
    let none = json!([]);
    assert_eq!(
        (&page["schema_changes"], &page["user_changes"]),
        (&none, &none)
    );
    assert_eq!(logged(&app).await, [""; 0]);
}

#[tokio::test]
async fn write_whose_entry_is_skipped_fails_and_changes_nothing() {
    let app = App::alone(Vars::new());
    let (ada, eve) = (app.password_user("ada").await, app.admin("eve").await);
    let token = signed_in(&app, &eve).await;
    let rotated = refreshed(&app, &token).await;
    let link = password_link(&app, &eve, "2999-01-01T00:00:00Z").await;
    let sql = "SELECT password_hash, last_login FROM users WHERE id = ?1";
    let before = app.sql(sql, [eve.id.clone()]).await;
    let entries = async || super::about(&app, &eve.id).await.len();
    let written = entries().await;
    skip_entries_about(&app, &eve).await;

    app.login(&eve).await.assert_status(503);
    app.calm_down().await;
    let mut wrong = eve.login();
    wrong["password"] = "wrong".into();
    let reply = app.post("/api/auth/login").json(&wrong).send().await;
    reply.assert_status(503);
    app.calm_down().await;
    logout(&app, &rotated).await.assert_status(503);
    for path in ["/api/auth/logout-all", "/api/auth/logout"] {
        let reply = app.post(path).bearer(&rotated).send().await;
        reply.assert_status(503);
    }
    let path = format!("/api/auth/sessions/{}", record_id(&rotated));
    let reply = app.request("DELETE", &path).bearer(&rotated).send().await;
    reply.assert_status(503);
    set_password(&app, &link, "a wholly different passphrase")
        .await
        .assert_status(503);
    let change =
        json!({"current_password": eve.password, "new_password": "a wholly different passphrase"});
    let reply = app
        .post("/api/auth/change-password")
        .bearer(&rotated)
        .json(&change)
        .send()
        .await;
    reply.assert_status(503);
    // A rotated-out token that is reused much later.
    app.shift_clock(3_600).await;
    refresh(&app, &token).await.assert_status(503);
    app.shift_clock(0).await;

    assert_eq!(entries().await, written);
    assert_eq!(app.sql(sql, [eve.id.clone()]).await, before);
    assert!(column(&app, &rotated, "revoked_at").await.is_null());
    let sessions = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1";
    assert_eq!(app.sql(sessions, [eve.id.clone()]).await[0]["n"], 1);
    // Others are not affected.
    app.calm_down().await;
    app.login(&ada).await.assert_status(200);
    // Once the trigger is removed, everything works.
    run(&app, "DROP TRIGGER z").await;
    logout(&app, &rotated).await.assert_status(200);
    app.calm_down().await;
    app.login(&eve).await.assert_status(200);
}

#[tokio::test]
async fn entry_whose_client_is_skipped_fails_the_write() {
    let app = App::alone(Vars::new());
    let eve = app.password_user("eve").await;
    run(
        &app,
        "CREATE TRIGGER z BEFORE INSERT ON audit_clients BEGIN SELECT RAISE(IGNORE); END",
    )
    .await;
    app.login(&eve).await.assert_status(503);
    let rows = app.sql("SELECT id FROM sessions", [0; 0]).await;
    assert!(rows.is_empty());
}

#[tokio::test]
async fn changed_users_are_named_whatever_was_changed() {
    let app = App::alone(Vars::new());
    let ada = app.super_admin("ada").await;
    let (bob, eve) = (
        app.password_user("bob").await,
        app.person("eve").disabled().create().await,
    );
    record_users(&app).await;
    let token = signed_in(&app, &ada).await;
    let changes = async || verify(&app, &token).await[0]["user_changes"].clone();
    assert_eq!(changes().await, json!([]));
    // A disabled user is enabled, and vice versa.
    run(
        &app,
        "UPDATE users SET is_active = 1 - is_active WHERE role = 'user'",
    )
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
    run(
        &app,
        "UPDATE users SET is_active = 1 - is_active WHERE role = 'user'",
    )
    .await;
    // A user without an entry for the creation.
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
async fn users_beyond_a_page_are_compared_by_the_next_call() {
    let app = App::alone(Vars::new());
    let ada = app.super_admin("ada").await;
    let token = signed_in(&app, &ada).await;
    let users = "
        WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1200)
        INSERT INTO users (id, source, subject, username, name, role, is_active, created_at, updated_at)
        SELECT format('ffffffff-0000-4000-8000-%012d', n), 'test', n, n, n, 'user', 1, 'x', 'x' FROM count";
    run(&app, users).await;
    let entries = "
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request)
        SELECT (SELECT max(number) FROM audit) + row_number() OVER (), id, 'x', 'user_added', 'success', 'command-line', id,
               'role user', 'x'
        FROM users";
    run(&app, entries).await;
    let last = "ffffffff-0000-4000-8000-000000001200";
    app.sql("UPDATE users SET role = 'admin' WHERE id = ?1", [last])
        .await;
    let pages = verify(&app, &token).await;
    let users: Vec<_> = pages.iter().map(|page| page["users"].clone()).collect();
    assert_eq!(users, [500, 500, 201]);
    assert_eq!(
        pages[1]["next"],
        "user.ffffffff-0000-4000-8000-000000000999"
    );
    let all: Vec<_> = pages
        .iter()
        .flat_map(|page| page["user_changes"].as_array().unwrap())
        .map(|change| (change["user"].clone(), change["found"].clone()))
        .collect();
    // Ada's entry says `user`.
    assert_eq!(
        all,
        [
            (json!(ada.id), json!("super_admin")),
            (json!(last), json!("admin"))
        ]
    );
}

#[tokio::test]
async fn changed_tables_and_triggers_are_named_whatever_was_changed() {
    let app = App::alone(Vars::new());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let token = signed_in(&app, &ada).await;
    let changes = async || verify(&app, &token).await[0]["schema_changes"].clone();
    assert_eq!(changes().await, json!([]));
    let change = |kind: &str, name: &str, difference: &str| json!({"kind": kind, "name": name, "difference": difference});
    for (sql, expected, back) in [
        (
            "DROP TRIGGER audit_delete",
            change("trigger", "audit_delete", "missing"),
            "CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN
               SELECT RAISE(ABORT, 'audit: rows are only added');
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
        run(&app, sql).await;
        assert_eq!(changes().await, json!([expected]), "{sql}");
        run(&app, back).await;
        assert_eq!(changes().await, json!([]), "{back}");
    }
    // A view whose definition goes on after more blanks than are read.
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
        run(&app, "DROP VIEW password_logins").await;
        run(&app, &definition).await;
        assert_eq!(changes().await, expected);
    }
    // A table of ours with another column.
    run(&app, "ALTER TABLE password_links ADD COLUMN x TEXT").await;
    let table = change("table", "password_links", "altered");
    assert_eq!(changes().await, json!([table]));
    // A known trigger with a different body.
    run(&app, "DROP TRIGGER audit_insert").await;
    run(
        &app,
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
async fn changes_made_by_the_command_line_are_never_reported() {
    let app = App::alone(Vars::new());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let token = signed_in(&app, &ada).await;
    let name = format!("bob-{}", std::process::id());
    let email = format!("{name}@example.com");
    for words in [
        &["add", "--username", &name, "--email", &email][..],
        &["set-role", &name, "admin"],
        &["disable", &name],
        &["enable", &name],
        &["set-role", &name, "super_admin"],
        &["set-role", &name, "user"],
        &["disable", &name],
    ] {
        let output = app.user_command(words).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {text}");
        let pages = verify(&app, &token).await;
        for page in &pages {
            let none = json!([]);
            assert_eq!(
                (&page["failure"], &page["user_changes"]),
                (&Value::Null, &none),
                "{words:?}"
            );
        }
        assert_eq!(pages.last().unwrap()["users"], 2);
        assert_eq!(logged(&app).await, [""; 0], "{words:?}");
    }
}
