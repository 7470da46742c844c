//! The method `aws_device`.

use crate::support::aws::{INTERVAL, SIMULATOR, add_directory_user, directory};
use crate::support::{App, assert_refused};
use serde_json::{Value, json};

#[tokio::test]
async fn sign_in_with_a_device_flow_sets_the_cookie() {
    let app = App::with(directory(&SIMULATOR));
    let ada = add_directory_user(&app, "ada").display_name("Ada Lovelace");
    SIMULATOR.put_user(ada.clone());
    let device = app.device().await;
    let browser = app.anonymous();
    let sign_in = || browser.sign_in_with_device("cookie", &device.body());

    let response = sign_in().await;
    response.assert_error(408, "authorization_pending");
    assert_eq!(response.set_cookies(), [""; 0]);
    assert!(response.retry_after().is_some());

    device.approve(&ada);
    tokio::time::sleep(INTERVAL).await;
    let response = sign_in().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    preference-applied: wait=0
    set-cookie: __Host-edge-auth-session=[cookie]; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "status": "signed_in",
      "user": {
        "id": "[uuid]",
        "username": "[ada]",
        "email": null,
        "name": "Ada Lovelace",
        "organization": null,
        "aws_region": null,
        "role": "user",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      },
      "method": "aws_device",
      "expires_at": "[time]",
      "token": null
    }
    "#);
    let session = response.cookie_session();
    assert_eq!(session.statuses().await, [200; 3]);
    let current = session.current_session().await.json();
    assert_eq!(current["method"], "aws_device");
    assert_eq!(session.audit_kinds().await, ["sign_in"]);

    // The response may have been lost.
    let again = sign_in().await.cookie_session();
    assert_eq!(again.claims(), session.claims());
    assert_eq!(again.statuses().await, [200; 3]);
    app.shift_clock(130).await;
    sign_in().await.assert_error(408, "device_code_expired");
}

#[tokio::test]
async fn sign_in_with_a_device_flow_returns_the_token() {
    let app = App::with(directory(&SIMULATOR));
    let device = app.device().await;
    device.approve(&add_directory_user(&app, "ada"));
    let response = app
        .anonymous()
        .sign_in_with_device("token", &device.body())
        .await;
    let session = response.session();
    // `/token` gives the same one.
    let token = app.token(&device).await.session();
    assert_eq!(token, session);
    assert_eq!(session.statuses().await, [200; 3]);
}

/// A client with the handle could otherwise get a token for the session of a browser, or the other way round.
#[tokio::test]
async fn device_flow_of_a_cookie_session_gives_no_token() {
    let app = App::with(directory(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let (one, other) = (app.device().await, app.device().await);
    one.approve(&ada);
    other.approve(&ada);
    let browser = app.anonymous();
    let session = browser
        .sign_in_with_device("cookie", &one.body())
        .await
        .cookie_session();
    app.token(&one)
        .await
        .assert_error(408, "device_code_expired");
    let response = browser.sign_in_with_device("token", &one.body()).await;
    response.assert_error(408, "device_code_expired");
    app.token(&other).await.assert_status(200);
    let response = browser.sign_in_with_device("cookie", &other.body()).await;
    response.assert_error(408, "device_code_expired");
    assert_eq!(response.set_cookies(), [""; 0]);
    assert_eq!(session.statuses().await, [200; 3]);
}

#[tokio::test]
async fn device_flow_replaces_the_cookie_session_of_the_browser() {
    let app = App::with(directory(&SIMULATOR));
    let bob = app.user("bob").await.sign_in_with_cookie().await;
    let device = app.device().await;
    device.approve(&add_directory_user(&app, "ada"));
    let response = bob.sign_in_with_device("cookie", &device.body()).await;
    let ada = response.cookie_session();
    response.recorded().await;
    assert_refused(&[&bob]).await;
    assert_eq!(ada.statuses().await, [200; 3]);
}

#[tokio::test]
async fn refused_device_flow_returns_the_errors_of_token() {
    let app = App::with(directory(&SIMULATOR));
    let device = app.device().await;
    SIMULATOR.deny(&device.user_code).expect("denied");
    let browser = app.anonymous();
    let response = browser.sign_in_with_device("cookie", &device.body()).await;
    response.assert_error(403, "access_denied");
    assert_eq!(response.json()["message"], "Access denied");

    let mut forged = device.body();
    forged["device_code"] = json!("x");
    let response = browser.sign_in_with_device("cookie", &forged).await;
    response.assert_error(400, "invalid_device_code");
    let response = browser
        .sign_in_with_device("cookie", &json!({ "client_id": null }))
        .await;
    response.assert_error(400, "missing_field");
}

/// The user name of a user of AWS may be that of a password user. The device must not get attempts of its own for that name.
#[tokio::test]
async fn device_is_recognised_for_the_user_and_not_for_the_name() {
    let app = App::with(directory(&SIMULATOR));
    let directory_user = add_directory_user(&app, "ada");
    let device = app.device().await;
    device.approve(&directory_user);
    let response = app
        .anonymous()
        .sign_in_with_device("cookie", &device.body())
        .await;
    let session = response.cookie_session().with_cookie(&response.cookie());
    let current = session.current_session().await.json();
    assert_eq!(current["is_recognised_device"], true);

    let name = &directory_user.user_name;
    let guess = || session.login(name, "wrong");
    guess().await.assert_status(401);
    let counters =
        "SELECT count(*) AS n FROM sign_in_attempts WHERE key LIKE 'device:' || ?1 || '%'";
    let id: Value = current["user"]["id"].clone();
    assert_eq!(app.count(counters, [id]).await, 0);
}
