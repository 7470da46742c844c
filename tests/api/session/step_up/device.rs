//! The method `aws_device`.

use crate::support::aws::{INTERVAL, SIMULATOR, add_directory_user, directory};
use crate::support::internals::SessionKind;
use crate::support::{App, Caller, PASSWORD};
use aws_simulator::User;

/// A session of a user of the directory, with a cookie or a token.
async fn sign_in(app: &App, user: &User) -> Caller {
    let device = app.device().await;
    device.approve(user);
    let kind = match app.kind() {
        SessionKind::Cookie => "cookie",
        SessionKind::Token => "token",
    };
    let response = app
        .anonymous()
        .sign_in_with_device(kind, &device.body())
        .await;
    response.assert_status(200).recorded().await;
    response.session()
}

async fn authenticated_at(session: &Caller) -> String {
    let body = session.current_session().await.json();
    body["authenticated_at"]
        .as_str()
        .expect("a time")
        .to_owned()
}

#[tokio::test]
#[ignore = "slow"]
async fn approval_of_the_same_user_is_a_step_up() {
    for kind in [SessionKind::Token, SessionKind::Cookie] {
        let app = App::with(directory(&SIMULATOR)).with_sessions(kind);
        let ada = add_directory_user(&app, "ada");
        let session = sign_in(&app, &ada).await;
        let before = authenticated_at(&session).await;
        app.shift_clock(600).await;
        let device = app.device().await;
        let response = session.step_up_with_device(&device.body()).await;
        response.assert_error(408, "authorization_pending");
        device.approve(&ada);
        tokio::time::sleep(INTERVAL).await;
        let response = session.step_up_with_device(&device.body()).await;
        response.assert_status(200).recorded().await;
        let next = match kind {
            SessionKind::Token => session,
            SessionKind::Cookie => response.cookie_session(),
        };
        assert!(authenticated_at(&next).await > before);
        assert_eq!(next.statuses().await, [200; 3]);
        assert_eq!(next.audit_kinds().await, ["sign_in", "step_up"]);
        // No further session was started.
        let rows = app.count(
            "SELECT count(*) AS n FROM sessions WHERE user_id = ?1",
            [next.claims()["sub"].clone()],
        );
        assert_eq!(rows.await, 1);
        // An approval counts once.
        tokio::time::sleep(INTERVAL).await;
        let response = next.step_up_with_device(&device.body()).await;
        response.assert_error(408, "device_code_expired");
    }
}

#[tokio::test]
async fn approval_of_another_user_is_denied_and_recorded() {
    let app = App::with(directory(&SIMULATOR)).with_sessions(SessionKind::Cookie);
    let ada = add_directory_user(&app, "ada");
    let session = sign_in(&app, &ada).await;
    let bob = add_directory_user(&app, "bob");
    // A user who has signed in before, and one who has not.
    let eve = add_directory_user(&app, "eve");
    sign_in(&app, &bob).await;
    for other in [&bob, &eve] {
        let device = app.device().await;
        device.approve(other);
        let response = session.step_up_with_device(&device.body()).await;
        response.assert_error(403, "access_denied");
        assert_eq!(response.set_cookies(), [""; 0]);
    }
    let kinds = session.audit_kinds().await;
    assert_eq!(kinds, ["sign_in", "step_up_failed", "step_up_failed"]);
    let sql = "SELECT detail FROM audit WHERE session = ?1 AND kind = 'step_up_failed'";
    let rows = app.sql(sql, [session.session_id()]).await;
    assert_eq!(rows[0]["detail"], "aws_device: other_user");
    assert_eq!(session.column("generation").await, 0);
    let users = app.count(
        "SELECT count(*) AS n FROM users WHERE username = ?1",
        [eve.user_name],
    );
    assert_eq!(users.await, 0, "no user was added");
}

#[tokio::test]
async fn denial_is_recorded() {
    let app = App::with(directory(&SIMULATOR));
    let session = sign_in(&app, &add_directory_user(&app, "ada")).await;
    let device = app.device().await;
    SIMULATOR.deny(&device.user_code).expect("denied");
    let response = session.step_up_with_device(&device.body()).await;
    response.assert_error(403, "access_denied");
    assert_eq!(session.audit_kinds().await, ["sign_in", "step_up_failed"]);
}

/// A user authenticates again with the method that they have.
#[tokio::test]
async fn method_of_another_kind_of_user_is_refused() {
    let app = App::with(directory(&SIMULATOR));
    let directory_user = add_directory_user(&app, "ada");
    let session = sign_in(&app, &directory_user).await;
    let response = session.step_up(PASSWORD).await;
    response.assert_error(400, "invalid_current_password");

    let bob = app.user("bob").await.sign_in().await;
    let device = app.device().await;
    device.approve(&directory_user);
    let response = bob.step_up_with_device(&device.body()).await;
    response.assert_error(403, "access_denied");
}

#[tokio::test]
#[ignore = "slow"]
async fn device_flow_of_a_step_up_starts_no_session_and_that_of_a_session_is_no_step_up() {
    let app = App::with(directory(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let session = sign_in(&app, &ada).await;
    let device = app.device().await;
    device.approve(&ada);
    session
        .step_up_with_device(&device.body())
        .await
        .assert_status(200);
    tokio::time::sleep(INTERVAL).await;
    app.token(&device)
        .await
        .assert_error(408, "device_code_expired");

    let device = app.device().await;
    device.approve(&ada);
    app.token(&device).await.assert_status(200);
    tokio::time::sleep(INTERVAL).await;
    let response = session.step_up_with_device(&device.body()).await;
    response.assert_error(408, "device_code_expired");
}
