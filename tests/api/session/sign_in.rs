//! `POST /api/auth/sign-in`: a session with a cookie or with a token.

mod device;

use crate::support::{App, Fault, Vars, assert_refused};
use serde_json::json;
use std::future::IntoFuture;

#[tokio::test]
async fn sign_in_with_a_cookie_sets_it_and_returns_no_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .sign_in("cookie", &ada.username, &ada.password)
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-session-[port]=[cookie]; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "status": "signed_in",
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
      },
      "method": "password",
      "expires_at": "[time]",
      "token": null
    }
    "#);
    let session = response.cookie_session();
    session.validate().await.assert_status(200);
    assert_eq!(session.me().await.assert_status(200).json()["id"], ada.id);
}

#[tokio::test]
async fn sign_in_with_a_token_returns_it() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .sign_in("token", &ada.username, &ada.password)
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    edge-auth-expires: [time]
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "status": "signed_in",
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
      },
      "method": "password",
      "expires_at": "[time]",
      "token": "[token]"
    }
    "#);
    assert_eq!(response.session().statuses().await, [200; 3]);
}

#[tokio::test]
async fn refused_sign_in_returns_the_errors_of_login() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for kind in ["cookie", "token"] {
        for name in [ada.username.as_str(), "nobody"] {
            let response = app.anonymous().sign_in(kind, name, "wrong").await;
            response.assert_error(401, "invalid_credentials");
            assert_eq!(response.set_cookies(), [""; 0]);
            let login = app.another_view().anonymous().login(name, "wrong").await;
            assert_eq!(login.status, 429, "one back-off for both routes");
            let response = app.anonymous().sign_in(kind, name, "wrong").await;
            assert!(response.back_off() > 0);
            app.skip_back_off().await;
        }
    }
}

#[tokio::test]
async fn body_without_a_method_or_its_fields_returns_400() {
    let app = App::shared();
    for (body, code) in [
        (json!({}), "missing_field"),
        (
            json!({ "method": "password", "username": "a", "password": "b" }),
            "missing_field",
        ),
        (
            json!({ "session": "token", "username": "a", "password": "b" }),
            "missing_field",
        ),
        (
            json!({ "method": "password", "session": "token", "username": "a" }),
            "missing_field",
        ),
        (
            json!({ "method": "password", "session": "token", "username": "", "password": "b" }),
            "missing_field",
        ),
        (
            json!({ "method": "aws_device", "session": "token" }),
            "missing_field",
        ),
        (
            json!({ "method": "aws_app", "session": "token" }),
            "invalid_field",
        ),
        (
            json!({ "method": "password", "session": "both" }),
            "invalid_field",
        ),
        (
            json!({ "method": ["password"], "session": "token" }),
            "invalid_field",
        ),
    ] {
        let response = app
            .post("/api/auth/sign-in")
            .same_origin()
            .json(&body)
            .await;
        response.assert_error(400, code);
    }
}

#[tokio::test]
async fn sign_in_revokes_the_cookie_session_of_the_same_browser() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (first, elsewhere) = (
        ada.sign_in_with_cookie().await,
        ada.sign_in_with_cookie().await,
    );
    let mut session = first.clone();
    // The same user, then another one.
    for user in [&ada, &bob] {
        let response = session
            .sign_in("cookie", &user.username, &user.password)
            .await;
        let next = response.cookie_session();
        response.recorded().await;
        assert_refused(&[&session]).await;
        assert_eq!(next.statuses().await, [200; 3]);
        let kinds = session.audit_kinds().await;
        assert_eq!(kinds, ["sign_in", "session_revoked"]);
        session = next;
    }
    assert_eq!(elsewhere.statuses().await, [200; 3]);
    let sql =
        "SELECT actor, subject, detail FROM audit WHERE session = ?1 AND kind = 'session_revoked'";
    let rows = app.sql(sql, [first.session_id()]).await;
    let entry = json!({ "actor": ada.id, "subject": ada.id, "detail": "replaced by a sign-in" });
    assert_eq!(rows, [entry]);
}

#[tokio::test]
async fn refused_sign_in_or_one_with_a_token_keeps_the_cookie_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    session
        .sign_in("cookie", &ada.username, "wrong")
        .await
        .assert_status(401);
    app.skip_back_off().await;
    let response = session.sign_in("token", &ada.username, &ada.password).await;
    assert_eq!(response.assert_status(200).set_session_cookie(), None);
    assert_eq!(session.statuses().await, [200; 3]);
}

#[tokio::test]
async fn rotated_out_cookie_of_the_browser_is_replaced_too() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in_with_cookie().await;
    let second = first.stepped_up(&ada.password).await;
    app.shift_clock(31).await;
    let response = first.sign_in("cookie", &ada.username, &ada.password).await;
    response.assert_status(200).recorded().await;
    assert_refused(&[&second]).await;
    assert_eq!(response.cookie_session().statuses().await, [200; 3]);
}

#[tokio::test]
async fn cookie_session_expires_if_it_is_not_used_for_a_week_or_at_its_maximum_age() {
    const DAY: i64 = 86_400;
    let app = App::shared();
    let ada = app.user("ada").await;
    let idle = ada.sign_in_with_cookie().await;
    let used = ada.sign_in_with_cookie().await;
    for day in [6, 12, 18, 24, 29] {
        app.shift_clock(day * DAY).await;
        let response = used.validate().await;
        response.assert_status(200).recorded().await;
        if day > 7 {
            assert_refused(&[&idle]).await;
        }
    }
    app.shift_clock(30 * DAY).await;
    assert_refused(&[&used]).await;
}

/// The revocation of all sessions skips those that have expired.
#[tokio::test]
async fn use_that_is_recorded_after_the_idle_end_does_not_revive_the_session() {
    const WEEK: i64 = 7 * 86_400;
    let app = App::shared();
    let ada = app.user("ada").await;
    let idle = ada.sign_in_with_cookie().await;
    let expires_at = idle.column("token_expires_at").await;
    app.shift_clock(WEEK - 60).await;
    let read = Fault::d1().matching("FROM sessions JOIN users").times(1);
    let paused = app.fault(read.pauses()).await;
    let last = tokio::spawn(idle.list_sessions().into_future());
    paused.wait_for_hits(1).await;
    app.shift_clock(WEEK + 60).await;
    let later = ada.sign_in().await;
    later.logout_all().await.assert_status(200);
    paused.release().await;
    let response = last.await.expect("a response");
    response.assert_status(200).recorded().await;
    assert_eq!(idle.column("token_expires_at").await, expires_at);
    assert_refused(&[&idle]).await;
}

#[tokio::test]
async fn idle_cookie_session_is_not_listed_and_an_idle_one_of_a_token_is() {
    const DAY: i64 = 86_400;
    let vars = Vars::new().set("SESSION_IDLE", "7200");
    let app = App::with(vars);
    let ada = app.user("ada").await;
    let (cookie, token) = (ada.sign_in_with_cookie().await, ada.sign_in().await);
    assert_eq!(token.list_sessions().await.list("sessions").len(), 2);
    app.shift_clock(7_200 + 31).await;
    assert_refused(&[&cookie]).await;
    assert_eq!(token.list_sessions().await.list("sessions").len(), 1);
    app.shift_clock(DAY - 60).await;
    token.validate().await.assert_status(200);
}
