//! `POST /api/auth/step-up`: authenticate again in a session.

mod device;

use crate::support::internals::SessionKind;
use crate::support::{App, Caller, Fault, NEW_PASSWORD, PASSWORD, assert_refused};
use serde_json::{Value, json};

async fn authenticated_at(session: &Caller) -> String {
    let response = session.current_session().await;
    let time = response.assert_status(200).json()["authenticated_at"].clone();
    time.as_str().expect("a time").to_owned()
}

#[tokio::test]
async fn step_up_replaces_the_session_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    app.shift_clock(600).await;
    let response = session.step_up(&ada.password).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-session-[port]=[cookie]; Path=/; Max-Age=2591400; HttpOnly; SameSite=Lax
    {
      "success": true,
      "authenticated_at": "[time]"
    }
    "#);
    let next = response.cookie_session();
    let (before, after) = (session.claims(), next.claims());
    assert_eq!(
        (&before["sid"], &before["sub"]),
        (&after["sid"], &after["sub"])
    );
    assert_eq!((&before["gen"], &after["gen"]), (&json!(0), &json!(1)));
    assert_eq!(before["exp"], after["exp"]);
    assert_eq!(next.statuses().await, [200; 3]);
    let time = response.json()["authenticated_at"].clone();
    assert_eq!(
        authenticated_at(&next).await,
        time.as_str().expect("a time")
    );
    let kinds: Vec<Value> = next.audit_kinds().await;
    assert_eq!(kinds, ["sign_in", "step_up"]);
}

#[tokio::test]
async fn step_up_keeps_the_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let before = authenticated_at(&session).await;
    app.shift_clock(600).await;
    let response = session.step_up(&ada.password).await;
    assert_eq!(response.assert_status(200).set_cookies(), [""; 0]);
    assert!(authenticated_at(&session).await > before);
    assert_eq!(session.column("generation").await, 0);
    assert_eq!(session.statuses().await, [200; 3]);
}

/// Requests may be in flight while the cookie is replaced.
#[tokio::test]
async fn rotated_out_cookie_is_accepted_for_the_replay_window() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in_with_cookie().await;
    let second = first.stepped_up(PASSWORD).await;
    for seconds in [0, 25] {
        app.shift_clock(seconds).await;
        assert_eq!(first.statuses().await, [200; 3], "{seconds} s");
    }
    let third = first.stepped_up(PASSWORD).await;
    assert_eq!(third.claims()["gen"], 1);
    for session in [&first, &second, &third] {
        assert_eq!(session.statuses().await, [200; 3]);
    }
}

#[tokio::test]
async fn reuse_of_a_rotated_out_cookie_after_the_window_revokes_the_session() {
    let app = App::shared();
    for route in 0..4 {
        app.shift_clock(0).await;
        let ada = app.user("ada").await;
        let (first, other) = (ada.sign_in_with_cookie().await, ada.sign_in().await);
        let second = first.stepped_up(PASSWORD).await;
        app.shift_clock(31).await;
        second.list_sessions().await.assert_status(200);
        let request = match route {
            0 => first.validate(),
            1 => first.list_sessions(),
            2 => first.step_up(PASSWORD),
            _ => first.current_session(),
        };
        let response = request.await;
        if route == 3 {
            assert_eq!(response.assert_status(200).json()["user"], Value::Null);
        } else {
            response.assert_error(401, "invalid_token");
        }
        response.recorded().await;
        assert_refused(&[&first, &second]).await;
        let kinds = second.audit_kinds().await;
        let expected = ["sign_in", "step_up", "refresh_reuse", "session_revoked"];
        assert_eq!(kinds, expected);
        assert_eq!(other.statuses().await, [200; 3]);
    }
}

#[tokio::test]
async fn concurrent_step_ups_succeed() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in_with_cookie().await;
    let (one, other) = tokio::join!(session.step_up(PASSWORD), session.step_up(PASSWORD));
    // The browser keeps the cookie of the response that arrives last.
    for response in [one, other] {
        let next = response.cookie_session();
        assert_eq!(next.claims()["gen"], 1);
    }
}

#[tokio::test]
async fn wrong_password_returns_400_and_is_recorded() {
    let app = App::shared();
    for kind in [SessionKind::Token, SessionKind::Cookie] {
        let app = app.with_sessions(kind);
        let session = app.user("ada").await.sign_in().await;
        let response = session.step_up("wrong").await;
        response.assert_error(400, "invalid_current_password");
        assert_eq!(response.set_cookies(), [""; 0]);
        assert_eq!(session.audit_kinds().await, ["sign_in", "step_up_failed"]);
        // A second guess has to wait, and so has a change of password.
        session
            .step_up(PASSWORD)
            .await
            .assert_error(429, "back_off");
        let change = session.change_password(PASSWORD, "another long password");
        change.await.assert_error(429, "back_off");
        app.skip_back_off().await;
        session.step_up(PASSWORD).await.assert_status(200);
    }
}

#[tokio::test]
async fn body_without_a_method_or_its_fields_returns_400() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({ "password": PASSWORD }), "missing_field"),
        (json!({ "method": "password" }), "missing_field"),
        (
            json!({ "method": "password", "password": "" }),
            "missing_field",
        ),
        (
            json!({ "method": "aws_device", "client_id": "a", "client_secret": "b" }),
            "missing_field",
        ),
        (json!({ "method": "aws_proof" }), "invalid_field"),
        (json!({ "method": "passkey" }), "missing_field"),
        (
            json!({ "method": "Password", "password": PASSWORD }),
            "invalid_field",
        ),
    ] {
        let response = session.post("/api/auth/step-up").json(&body).await;
        response.assert_error(400, code);
    }
}

#[tokio::test]
async fn step_up_in_a_revoked_session_returns_401() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    session.logout().await.assert_status(200);
    let response = session.step_up(PASSWORD).await;
    response.assert_error(401, "invalid_token");
    assert_eq!(ada.audit_entries("step_up").await, 0);
}

#[tokio::test]
async fn change_of_password_replaces_the_session_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (first, other) = (
        ada.sign_in_with_cookie().await,
        ada.sign_in_with_cookie().await,
    );
    app.shift_clock(600).await;
    let response = first
        .change_password(PASSWORD, "another long password")
        .await;
    let second = response.cookie_session();
    response.recorded().await;
    assert_eq!(second.claims()["gen"], 1);
    assert_eq!(second.statuses().await, [200; 3]);
    assert!(authenticated_at(&second).await > authenticated_at_sign_in(&ada.id, &app).await);
    assert_refused(&[&other]).await;
    app.shift_clock(631).await;
    assert_eq!(second.statuses().await, [200; 3]);
    assert_refused(&[&first, &second]).await;
}

/// A copy of the token would profit from it.
#[tokio::test]
async fn change_of_password_is_no_step_up_of_a_session_with_a_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let before = authenticated_at(&session).await;
    app.shift_clock(600).await;
    let response = session.change_password(PASSWORD, NEW_PASSWORD).await;
    response.assert_status(200);
    assert_eq!(authenticated_at(&session).await, before);
    let response = session.change_email("new@example.com").await;
    response.assert_error(401, "step_up_required");
}

#[tokio::test]
async fn step_up_with_a_password_that_is_replaced_meanwhile_returns_401() {
    let app = App::shared();
    for (is_cookie, statement) in [
        (false, "UPDATE sessions SET authenticated_at"),
        (true, "UPDATE sessions SET\\s+generation = generation"),
    ] {
        let ada = app.user("ada").await;
        let session = if is_cookie {
            ada.sign_in_with_cookie().await
        } else {
            ada.sign_in().await
        };
        let fault = Fault::d1().matching(statement).times(1).pauses();
        let paused = app.fault(fault).await;
        let stepping_up = tokio::spawn(session.step_up(PASSWORD).send());
        paused.wait_for_hits(1).await;
        ada.update("password_hash = password_hash || 'x'").await;
        paused.remove().await;
        let response = stepping_up.await.unwrap();
        response.assert_error(401, "invalid_token");
        assert_eq!(ada.audit_entries("step_up").await, 0, "{is_cookie}");
    }
}

async fn authenticated_at_sign_in(user: &str, app: &App) -> String {
    let sql = "SELECT min(created_at) AS at FROM sessions WHERE user_id = ?1";
    let rows = app.sql(sql, [user]).await;
    rows[0]["at"].as_str().expect("a time").to_owned()
}
