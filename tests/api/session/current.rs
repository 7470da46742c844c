//! `GET /api/auth/session`: the session of the request.

use crate::support::{App, Caller, Fault, Request};
use serde_json::{Value, json};

#[tokio::test]
async fn session_of_a_client_without_one_is_null() {
    let app = App::shared();
    insta::assert_snapshot!(app.anonymous().current_session().await.snapshot(), @r#"
    200
    {
      "user": null,
      "method": null,
      "authenticated_at": null,
      "expires_at": null,
      "is_recognised_device": null,
      "session_id": null
    }
    "#);
}

#[tokio::test]
async fn session_with_a_cookie_returns_its_user_and_times() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in_with_cookie().await;
    let response = session.current_session().await;
    app.redact(&session.session_id(), "session");
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
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
      "authenticated_at": "[time]",
      "expires_at": "[time]",
      "is_recognised_device": false,
      "session_id": "[session]"
    }
    "#);
}

/// Fails the test unless the response states that there is no session.
async fn assert_no_session(request: Request) -> bool {
    let response = request.await;
    let body = response.assert_status(200).json();
    let fields = body.as_object().expect("fields");
    assert!(fields.values().all(Value::is_null), "{body}");
    let cookie = response.set_session_cookie();
    if let Some(cookie) = &cookie {
        assert!(cookie.contains("=; Path=/; Max-Age=0;"), "{cookie}");
    }
    cookie.is_some()
}

const DAY: i64 = 86_400;

/// It is deleted by its name, so that of another tab would be deleted in its place.
#[tokio::test]
async fn cookie_that_another_tab_may_have_replaced_is_kept() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let replaced = ada.sign_in_with_cookie().await;
    let response = replaced
        .sign_in("cookie", &ada.username, &ada.password)
        .await;
    let idle = response.cookie_session();
    let disabled = app.user("bob").await;
    let of_disabled = disabled.sign_in_with_cookie().await;
    disabled.disable().await;
    for session in [&replaced, &of_disabled] {
        assert!(!assert_no_session(session.current_session()).await);
    }
    app.shift_clock(8 * DAY).await;
    assert!(!assert_no_session(idle.current_session()).await);
}

#[tokio::test]
async fn cookie_that_is_not_authentic_or_has_reached_its_maximum_age_is_deleted() {
    let app = App::shared();
    let expired = app.user("ada").await.sign_in_with_cookie().await;
    let forged = app.with_session_cookie("x");
    assert!(assert_no_session(forged.current_session()).await);
    app.shift_clock(31 * DAY).await;
    assert!(assert_no_session(expired.current_session()).await);
    // Another site can neither read the response nor delete the cookie.
    let request = app.with_session_cookie("x").current_session();
    let request = request.header("sec-fetch-site", "cross-site");
    assert!(!assert_no_session(request).await);
}

#[tokio::test]
async fn token_that_is_not_valid_returns_401() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let expires_at = |session: Caller| async move {
        let body = session.current_session().await.json();
        body["expires_at"].as_str().expect("a time").to_owned()
    };
    let first = expires_at(session.clone()).await;
    app.shift_clock(60).await;
    let next = session.refreshed().await;
    assert!(expires_at(next.clone()).await > first);
    next.logout().await.assert_status(200);
    next.current_session()
        .await
        .assert_error(401, "invalid_token");
    let forged = app.with_token("x.y.z").current_session();
    forged.await.assert_error(401, "invalid_token");
    app.shift_clock(2 * 86_400).await;
    next.current_session()
        .await
        .assert_error(401, "token_expired");
    let basic = app.anonymous().current_session();
    assert!(!assert_no_session(basic.header("authorization", "Basic YTpi")).await);
}

#[tokio::test]
async fn device_is_recognised_after_a_sign_in_of_its_user() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (session, device) = (ada.sign_in_with_cookie().await, ada.device_cookie().await);
    let of_bob = bob.device_cookie().await;
    for (caller, expected) in [
        (session.clone(), false),
        (session.with_cookie(&device), true),
        (session.with_cookie(&of_bob), false),
        (session.with_cookie("edge-auth-device=x"), false),
    ] {
        let body = caller.current_session().await.json();
        assert_eq!(body["is_recognised_device"], json!(expected));
    }
}

#[tokio::test]
async fn session_is_read_from_d1() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    ada.update("name = 'Countess'").await;
    assert_eq!(session.current_session().await.user()["name"], "Countess");
    let fault = app.fault(Fault::d1().fails()).await;
    session.current_session().await.assert_status(503);
    assert!(!assert_no_session(app.anonymous().current_session()).await);
    fault.remove().await;
}
