//! `POST /api/auth/login`: sign in with a username or an e-mail, and a password.

use crate::support::{App, CREATED_AT, Fault};
use serde_json::{Value, json};

#[tokio::test]
async fn login_returns_the_documented_body() {
    let app = App::shared();
    app.new_user("john")
        .username("john")
        .email("john@example.com")
        .named("John Doe")
        .organization("Acme Corp")
        .aws_region("eu-north-1")
        .role("admin")
        .password("securePassword123")
        .create()
        .await;
    let response = app
        .anonymous()
        .login("john@example.com", "securePassword123")
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    edge-auth-expires: [time]
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "success": true,
      "message": "Login successful",
      "token": "[token]",
      "user": {
        "id": "[uuid]",
        "username": "john",
        "email": "john@example.com",
        "name": "John Doe",
        "organization": "Acme Corp",
        "aws_region": "eu-north-1",
        "role": "admin",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      }
    }
    "#);
}

#[tokio::test]
async fn login_without_username_and_password_returns_the_documented_400() {
    let app = App::shared();
    let response = app.post("/api/auth/login").json(&json!({})).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Username and password are required"
    }
    "#);
}

#[tokio::test]
async fn login_with_a_wrong_password_returns_the_documented_401() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada.guess().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    401
    edge-auth-error: invalid_credentials
    www-authenticate: Bearer realm="edge-auth"
    {
      "success": false,
      "message": "Invalid username or password"
    }
    "#);
}

#[tokio::test]
async fn login_of_a_user_without_organization_returns_null_fields() {
    let app = App::shared();
    let ada = app.user("ada").await;
    insta::assert_snapshot!(ada.login().await.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Login successful",
      "token": "[token]",
      "user": {
        "id": "[uuid]",
        "username": "[ada]",
        "email": "[ada]@example.com",
        "name": "ada Lovelace",
        "organization": null,
        "aws_region": null,
        "role": "user",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      }
    }
    "#);
}

#[tokio::test]
async fn login_returns_the_user_as_stored_in_d1() {
    let app = App::shared();
    let ada = app.super_admin("ada").await;
    let user = ada.login().await.user();
    assert_eq!(user["id"], ada.id);
    assert_eq!(user["role"], "super_admin");
    assert_eq!(user["created_at"], CREATED_AT);
    assert_eq!(user["updated_at"], CREATED_AT);
}

#[tokio::test]
async fn login_with_a_wrong_password_leaves_the_user_unchanged() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let before = ada.row("password_hash, updated_at, last_login").await;
    ada.guess().await.assert_status(401);
    assert_eq!(
        ada.row("password_hash, updated_at, last_login").await,
        before
    );
    assert_eq!(before["last_login"], Value::Null);
}

#[tokio::test]
async fn login_sets_last_login_and_not_updated_at() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.login().await.user()["last_login"].clone();
    assert_eq!(ada.row("last_login").await["last_login"], first);
    app.shift_clock(3600).await;
    let second = ada.login().await.user()["last_login"].clone();
    assert!(second.as_str() > first.as_str(), "{first} {second}");
    let row = ada.row("password_hash, updated_at, last_login").await;
    assert_eq!(
        (&row["last_login"], &row["updated_at"]),
        (&second, &json!(CREATED_AT))
    );
}

#[tokio::test]
async fn login_with_a_trimmed_password_returns_401() {
    let app = App::shared();
    let ada = app
        .new_user("ada")
        .password(" correct horse ")
        .create()
        .await;
    ada.login().await.assert_status(200);
    for password in [
        "correct horse",
        " correct horse",
        "correct horse ",
        " correct horse  ",
    ] {
        app.skip_back_off().await;
        ada.login_with(password).await.assert_status(401);
    }
    app.skip_back_off().await;
    ada.login_with(" ").await.assert_status(401);
}

#[tokio::test]
async fn login_with_any_unicode_normalization_of_the_password_returns_200() {
    let app = App::shared();
    let ada = app
        .new_user("ada")
        .password("crème brûlée Å")
        .create()
        .await;
    for password in [
        "crème brûlée Å",
        "cre\u{300}me bru\u{302}le\u{301}e A\u{30a}",
        "crème brûlée \u{212b}",
    ] {
        ada.login_with(password).await.assert_status(200);
    }
    ada.login_with("creme brulee A").await.assert_status(401);
}

#[tokio::test]
async fn login_with_a_password_of_1024_bytes_returns_200_and_with_more_401() {
    let app = App::shared();
    let ada = app
        .new_user("ada")
        .password(&"é".repeat(512))
        .create()
        .await;
    ada.login().await.assert_status(200);
    ada.login_with(&"é".repeat(513)).await.assert_status(401);
}

#[tokio::test]
async fn login_with_a_password_that_the_policy_forbids_returns_200() {
    let app = App::shared();
    let ada = app.new_user("ada").password("1").create().await;
    ada.login().await.assert_status(200);
}

#[tokio::test]
async fn login_of_a_user_who_is_changed_meanwhile_returns_401() {
    for change in [
        "is_active = 0",
        "role = 'admin'",
        "password_hash = 'another'",
    ] {
        let app = App::shared();
        let ada = app.user("ada").await;
        let paused = app
            .fault(Fault::d1().matching("INSERT INTO sessions").pauses())
            .await;
        let sign_in = tokio::spawn(ada.login().send());
        paused.wait_for_hits(1).await;
        ada.update(change).await;
        paused.release().await;
        sign_in.await.unwrap().assert_status(401);
        assert_eq!(ada.sessions_where("true").await, 0, "{change}");
        assert_eq!(
            ada.row("last_login").await["last_login"],
            Value::Null,
            "{change}"
        );
    }
}

#[tokio::test]
async fn login_that_d1_does_not_confirm_returns_503_and_creates_no_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for fault in [Fault::d1(), Fault::d1().matching("INSERT INTO sessions")] {
        let fault = app.fault(fault.fails()).await;
        ada.login().await.assert_status(503);
        fault.remove().await;
        // It counts as an attempt.
        app.skip_back_off().await;
    }
    assert_eq!(ada.row("last_login").await["last_login"], Value::Null);
    ada.login().await.assert_status(200);
}

#[tokio::test]
async fn login_returns_200_when_the_session_cannot_be_cached() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.fault(Fault::kv_writes().fails()).await;
    let session = ada.sign_in().await;
    session.validate().await.assert_status(200);
}

#[tokio::test]
async fn login_with_an_empty_username_or_password_returns_400() {
    let app = App::shared();
    for (username, password) in [("", "b"), ("a", ""), ("", "")] {
        let response = app.anonymous().login(username, password).await;
        response.assert_status(400);
        assert_eq!(response.message(), "Username and password are required");
    }
}

#[tokio::test]
async fn login_ignores_unknown_fields() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut body = ada.login_body();
    body["role"] = json!("super_admin");
    body["remember"] = json!({ "me": [true, null, 1.5e300, { "deep": [[[]]] }] });
    let request = app.post("/api/auth/login").json(&body);
    let response = request.hashes_a_password().await;
    assert_eq!(response.user()["role"], "user");
}

#[tokio::test]
async fn login_stores_ip_address_and_user_agent_of_the_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let agent = "é".repeat(300);
    let session = ada.login().header("user-agent", &agent).await.session();
    assert_eq!(session.column("address").await, app.ip());
    let device = session.column("device").await;
    // 256 bytes.
    assert_eq!(device.as_str().unwrap().chars().count(), 128);
}

#[tokio::test]
async fn token_of_a_slow_login_lives_for_24_hours() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.fault(Fault::d1().matching("from users").times(1).delays(2_100))
        .await;
    let session = ada.sign_in().await;
    assert_eq!(session.token_lifetime(), 86_400);
}

/// A client may send a misleading or very long `User-Agent`.
#[tokio::test]
async fn login_stores_a_user_agent_bounded_in_bytes_and_without_control_characters() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for (sent, kept) in [
        ("curl/8".to_owned(), "curl/8".to_owned()),
        (
            "a\u{202e}b\u{2066}c\u{200b}d\te".to_owned(),
            "a?b?c?d?e".to_owned(),
        ),
        ("\u{1f400}".repeat(200), "\u{1f400}".repeat(64)),
        ("\u{65e5}".repeat(200), "\u{65e5}".repeat(85)),
        ("x".repeat(4_000), "x".repeat(256)),
    ] {
        let response = ada.login().header("user-agent", &sent).await;
        response.assert_status(200);
        let sql = "SELECT device FROM sessions WHERE user_id = ?1 ORDER BY rowid DESC LIMIT 1";
        let row = app.sql(sql, [ada.id.clone()]).await.remove(0);
        assert_eq!(row["device"], kept, "{sent:?}");
        let sql = "SELECT max(length(CAST(device AS BLOB))) AS bytes FROM audit JOIN audit_clients USING (number) \
                   WHERE subject = ?1";
        let longest = app.sql(sql, [ada.id.clone()]).await.remove(0);
        assert!(longest["bytes"].as_u64() <= Some(256), "{longest}");
    }
}
