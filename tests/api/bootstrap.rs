//! `POST /api/auth/bootstrap`: create the first super administrator.

use crate::support::audit::{CRON, entries_about, insert, keys, new_entry};
use crate::support::internals::{AuditKeys, Kind, fingerprint};
use crate::support::{App, Fault, PASSWORD, Response, Vars};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A body with this secret.
fn body(secret: &str) -> Value {
    json!({
        "secret": secret,
        "username": "Ada",
        "email": "Ada@example.com",
        "name": "Ada Lovelace",
        "password": PASSWORD,
    })
}

/// The body with another value of a field.
fn with(secret: &str, field: &str, value: &str) -> Value {
    let mut body = body(secret);
    body[field] = json!(value);
    body
}

/// The number of users.
async fn users(app: &App) -> u64 {
    app.count("SELECT count(*) AS n FROM users", [0; 0]).await
}

#[tokio::test]
async fn bootstrap_creates_a_super_administrator() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    let response = app.anonymous().bootstrap(&body(&secret)).await;
    let id = response.json()["user"]["id"].clone();
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "Super administrator created",
      "user": {
        "id": "[uuid]",
        "username": "ada",
        "email": "Ada@example.com",
        "name": "Ada Lovelace",
        "organization": null,
        "aws_region": null,
        "role": "super_admin",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": null
      }
    }
    "#);
    let login = app.anonymous().login("ada@EXAMPLE.com", PASSWORD).await;
    login.assert_status(200);
    let entries = entries_about(&app, id.as_str().expect("an id")).await;
    let found: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kind"] != "sign_in")
        .map(|entry| (entry["kind"].clone(), entry["detail"].clone()))
        .collect();
    let expected = [
        (json!("user_added"), json!("role super_admin")),
        (json!("bootstrap"), Value::Null),
        (json!("password_set"), json!("bootstrap")),
    ];
    assert_eq!(found, expected);
    assert!(entries.iter().all(|entry| entry["actor"] == id));
    app.scheduled(CRON).await;
    assert_eq!(login.session().audit_failure().await, Value::Null);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn name_is_derived_from_the_user_name_if_it_is_absent() {
    let app = App::isolated(Vars::new());
    let mut body = with(&app.bootstrap_secret().await, "username", "grace.hopper");
    body.as_object_mut().expect("an object").remove("name");
    let response = app.anonymous().bootstrap(&body).await;
    assert_eq!(response.user()["name"], "Grace Hopper");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn used_secret_returns_400() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    let bootstrap = async || app.anonymous().bootstrap(&body(&secret)).await;
    bootstrap().await.assert_status(200);
    bootstrap().await.assert_error(400, "invalid_link");
    // Not even if the administrator is gone.
    app.run_sql("UPDATE users SET is_active = 0").await;
    bootstrap().await.assert_error(400, "invalid_link");
    assert_eq!(users(&app).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn unusable_secrets_return_one_response() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    let unknown = app.anonymous().bootstrap(&body("unknown")).await;
    insta::assert_snapshot!(unknown.snapshot(), @r#"
    400
    edge-auth-error: invalid_link
    {
      "success": false,
      "message": "Invalid or expired link"
    }
    "#);
    let long = "x".repeat(10_000);
    for wrong in ["\0", &long, &fingerprint(&secret), &secret[1..]] {
        let response = app.anonymous().bootstrap(&body(wrong)).await;
        assert_eq!(response.snapshot(), unknown.snapshot(), "{wrong}");
        // The password is not checked.
        let response = app
            .anonymous()
            .bootstrap(&with(wrong, "password", "x"))
            .await;
        assert_eq!(response.snapshot(), unknown.snapshot(), "{wrong}");
    }
    app.shift_clock(3_601).await;
    let expired = app.anonymous().bootstrap(&body(&secret)).await;
    assert_eq!(expired.snapshot(), unknown.snapshot());
    assert_eq!(users(&app).await, 0);
}

#[tokio::test]
async fn second_secret_is_useless_while_a_super_administrator_is_active() {
    let app = App::isolated(Vars::new());
    let [first, second] = [app.bootstrap_secret().await, app.bootstrap_secret().await];
    let response = app.anonymous().bootstrap(&body(&first)).await;
    response.assert_status(200);
    let mut other = with(&second, "username", "grace");
    other["email"] = json!("grace@example.com");
    let response = app.anonymous().bootstrap(&other).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    409
    edge-auth-error: already_bootstrapped
    {
      "success": false,
      "message": "There is a super administrator already"
    }
    "#);
    // Only the holder of a valid secret learns that.
    let response = app.anonymous().bootstrap(&body("unknown")).await;
    response.assert_error(400, "invalid_link");
}

/// An attacker with write access to D1 can hide super administrators in the table of users, but not in the audit log.
#[tokio::test]
#[ignore = "slow"]
async fn super_administrator_according_to_the_log_prevents_another() {
    for hide in [
        "UPDATE users SET is_active = 0",
        "UPDATE users SET role = 'user'",
        "DELETE FROM users",
    ] {
        let app = App::isolated(Vars::new());
        let first = app.bootstrap_secret().await;
        let response = app.anonymous().bootstrap(&body(&first)).await;
        let id = response.user()["id"].as_str().expect("an id").to_owned();
        app.run_sql(hide).await;
        // An entry without a signature changes nothing.
        let sql = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) \
                   SELECT max(number) + 1, '00000000-0000-4000-8000-000000000000', '2026-01-01T00:00:00Z', 'user_disabled', \
                          'success', 'command-line', ?1, 'x' FROM audit";
        app.sql(sql, [id.as_str()]).await;
        // Neither does one with the signature of another key.
        let id = Uuid::try_parse(&id).expect("a UUID");
        let disabled = || new_entry(1_704_067_200, Kind::UserDisabled).about(id);
        insert(&app, &AuditKeys::new(&[7; 32], &[]), disabled()).await;
        let mut other = with(&app.bootstrap_secret().await, "username", "grace");
        other["email"] = json!("grace@example.com");
        let response = app.anonymous().bootstrap(&other).await;
        response.assert_error(409, "already_bootstrapped");
        // An entry that the service has signed does.
        insert(&app, &keys(app.vars()), disabled()).await;
        app.anonymous().bootstrap(&other).await.assert_status(200);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn name_or_address_of_another_user_returns_409() {
    let app = App::isolated(Vars::new());
    let grace = app
        .new_user("grace")
        .username("grace")
        .email("grace@example.com")
        .create()
        .await;
    grace
        .email_link("revert", "earlier@example.com", None)
        .await;
    let secret = app.bootstrap_secret().await;
    for (field, value, code) in [
        ("username", "GRACE", "username_taken"),
        // A Cyrillic letter.
        ("username", "gr\u{430}ce", "username_taken"),
        ("email", "Grace@EXAMPLE.com", "email_taken"),
        ("email", "earlier@example.com", "email_taken"),
    ] {
        let response = app
            .anonymous()
            .bootstrap(&with(&secret, field, value))
            .await;
        response.assert_error(409, code);
        let response = app
            .anonymous()
            .bootstrap(&with("unknown", field, value))
            .await;
        response.assert_error(400, "invalid_link");
    }
    let response = app.anonymous().bootstrap(&body(&secret)).await;
    response.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn invalid_name_or_weak_password_returns_400_and_keeps_the_secret() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    for (field, value, code) in [
        ("username", "ada lovelace", "invalid_username"),
        ("username", "ada@example.com", "invalid_username"),
        ("email", "example.com", "invalid_email"),
        ("name", "a\nb", "invalid_field"),
        ("password", "short", "password_too_short"),
        ("password", "ada lovelace ada", "password_contains_name"),
        ("password", "passwordpassword", "password_too_common"),
    ] {
        let response = app
            .anonymous()
            .bootstrap(&with(&secret, field, value))
            .await;
        response.assert_error(400, code);
    }
    let response = app
        .anonymous()
        .bootstrap(&body(&format!(" {secret}\n")))
        .await;
    response.assert_status(200);
}

/// Sends these bodies at the same time, each from its own network. Returns the responses.
async fn race(app: &App, bodies: Vec<Value>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for (number, body) in bodies.into_iter().enumerate() {
        let app = app.clone();
        running.spawn(async move {
            let ip = app.other_ip(number);
            app.anonymous().bootstrap(&body).client_ip(&ip).await
        });
    }
    running.join_all().await
}

/// Fails the test unless one of the responses created the only user.
async fn assert_one_created(app: &App, responses: Vec<Response>) {
    let (created, refused): (Vec<_>, Vec<_>) = responses
        .into_iter()
        .partition(|response| response.status == 200);
    assert_eq!((created.len(), users(app).await), (1, 1));
    for response in refused {
        let code = response.error_code().expect("a code");
        let codes = ["invalid_link", "already_bootstrapped", "overloaded"];
        assert!(codes.contains(&code), "{code}");
    }
    let entries =
        "SELECT count(*) AS n FROM audit WHERE kind IN ('user_added', 'bootstrap', 'password_set')";
    assert_eq!(app.count(entries, [0; 0]).await, 3);
}

#[tokio::test]
async fn of_twenty_requests_with_one_secret_one_succeeds() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    let bodies = (0..20).map(|number| {
        let mut body = with(
            &secret,
            "username",
            &format!("ada-{}", char::from(b'a' + number)),
        );
        body["email"] = json!(format!("{number}@example.com"));
        body
    });
    let responses = race(&app, bodies.collect()).await;
    assert_one_created(&app, responses).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn of_twenty_requests_with_their_own_secrets_one_succeeds() {
    let app = App::isolated(Vars::new());
    let mut bodies = Vec::new();
    for number in 0..20 {
        let secret = app.bootstrap_secret().await;
        let mut body = with(
            &secret,
            "username",
            &format!("ada-{}", char::from(b'a' + number)),
        );
        body["email"] = json!(format!("{number}@example.com"));
        bodies.push(body);
    }
    let responses = race(&app, bodies).await;
    assert_one_created(&app, responses).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn failure_of_d1_creates_nothing_and_keeps_the_secret() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    for call in 1..=3 {
        app.fault(Fault::d1().nth(call).fails()).await;
        let response = app.anonymous().bootstrap(&body(&secret)).await;
        response.assert_error(503, "storage_unavailable");
        app.remove_faults().await;
        assert_eq!(users(&app).await, 0);
    }
    let response = app.anonymous().bootstrap(&body(&secret)).await;
    response.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn entry_that_is_not_written_prevents_the_creation() {
    let app = App::isolated(Vars::new());
    let secret = app.bootstrap_secret().await;
    app.run_sql(
        "CREATE TRIGGER silent BEFORE INSERT ON audit WHEN NEW.kind = 'bootstrap' BEGIN SELECT RAISE(IGNORE); END",
    )
    .await;
    let response = app.anonymous().bootstrap(&body(&secret)).await;
    response.assert_error(503, "storage_unavailable");
    assert_eq!(users(&app).await, 0);
    app.run_sql("DROP TRIGGER silent").await;
    let response = app.anonymous().bootstrap(&body(&secret)).await;
    response.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_deletes_expired_secrets() {
    let app = App::isolated(Vars::new());
    app.bootstrap_secret().await;
    let count = async || {
        let sql = "SELECT count(*) AS n FROM bootstrap_secrets";
        app.count(sql, [0; 0]).await
    };
    app.scheduled(CRON).await;
    assert_eq!(count().await, 1);
    app.shift_server_clock(3_601).await;
    app.scheduled(CRON).await;
    assert_eq!(count().await, 0);
}
