//! `/token` before the user has approved, and repeated calls of `/token`.

use crate::support::aws::{Device, INTERVAL, SIMULATOR, add_directory_user, portal};
use crate::support::{App, eventually};
use aws_simulator::{Operation, Rule};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The text of a 408.
const TIMED_OUT: &str = "Authorization timed out";

#[tokio::test]
#[ignore = "slow"]
async fn prefer_header_sets_how_long_token_waits() {
    let app = App::with(portal(&SIMULATOR).set("DEVICE_TOKEN_WAIT", "2"));
    for (prefer, applied, polls, least) in [
        ("wait=0", Some("wait=0"), 1, 0),
        ("wait=1", Some("wait=1"), 2, 1_000),
        ("wait=99999999999999999999", Some("wait=2"), 3, 2_000),
        ("respond-async, WAIT=\"1\"", Some("wait=1"), 2, 1_000),
        ("wait=soon", None, 3, 2_000),
        ("wait=-1", None, 3, 2_000),
        ("wait=1.5", None, 3, 2_000),
    ] {
        let device = app.device().await;
        let start = Instant::now();
        let response = app.token_preferring(&device, prefer).await;
        let elapsed = start.elapsed();
        response.assert_status(408);
        assert_eq!(response.json(), json!({ "detail": TIMED_OUT }));
        assert_eq!(response.retry_after(), Some(1), "{prefer}");
        assert_eq!(response.header("preference-applied"), applied, "{prefer}");
        // The last poll may be due a millisecond after the deadline.
        let polled = device.operations().len();
        assert!(polled == polls || polled + 1 == polls, "{prefer}: {polled}");
        assert!(
            elapsed >= Duration::from_millis(least).saturating_sub(Duration::from_secs(1)),
            "{prefer}: {elapsed:?}"
        );
        assert!(
            elapsed < Duration::from_millis(least + 2_000),
            "{prefer}: {elapsed:?}"
        );
    }
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    let waiting = tokio::spawn(app.token_preferring(&device, "wait=2").into_future());
    eventually("AWS was called", async || !device.operations().is_empty()).await;
    device.approve(&ada);
    let response = waiting.await.unwrap();
    response.assert_status(200);
    assert_eq!(response.header("preference-applied"), Some("wait=2"));
}

/// Lets the simulator respond to the next poll of a device flow with `SlowDownException`.
fn slow_down(device: &Device) {
    let rule = Rule::error("SlowDownException").on(Operation::CreateToken);
    SIMULATOR
        .add_rule(rule.matching(device.requests()).times(1))
        .unwrap();
}

#[tokio::test]
async fn sequential_requests_poll_aws_once_per_interval() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    // The interval is then six seconds.
    slow_down(&device);
    app.token(&device).await.assert_status(408);
    tokio::time::sleep(INTERVAL).await;
    device.approve(&ada);
    for _ in 0..5 {
        let response = app.token(&device).await;
        response.assert_status(408);
        let retry_after = response.retry_after().unwrap();
        assert!((1..=5).contains(&retry_after), "{retry_after}");
        assert_eq!(response.header("preference-applied"), Some("wait=0"));
    }
    assert_eq!(device.operations().len(), 1);
    app.shift_clock(6).await;
    app.token(&device).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn slow_down_adds_five_seconds_to_the_interval() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    slow_down(&device);
    let response = app.token(&device).await;
    response.assert_status(408);
    assert_eq!(response.retry_after(), Some(6));

    let device = app.device().await;
    slow_down(&device);
    let response = app.token_preferring(&device, "wait=7").await;
    response.assert_status(408);
    assert_eq!(response.retry_after(), Some(6));
    let journal = device.journal();
    let [first, second] = &journal[..] else {
        panic!("{journal:#?}");
    };
    assert!(second.at - first.at >= 5_950, "{journal:#?}");
}

#[tokio::test]
async fn denied_or_expired_code_is_final() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    SIMULATOR.deny(&device.user_code).unwrap();
    let response = app.token(&device).await;
    response.assert_status(403);
    assert_eq!(response.json(), json!({ "detail": "Access denied" }));
    assert_eq!(response.error_code(), Some("access_denied"));
    assert_eq!(response.retry_after(), None);
    assert!(
        response.recorded().await.logs.is_empty(),
        "a denial is not logged"
    );

    // The codes of AWS and of the service expire together, so the response is immediate.
    let device = app.device().await;
    SIMULATOR.expire(&device.requests());
    app.shift_clock(601).await;
    let start = Instant::now();
    let response = app.token(&device).await;
    response.assert_status(408);
    assert_eq!(response.json(), json!({ "detail": TIMED_OUT }));
    assert_eq!(response.retry_after(), None);
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn client_that_disconnected_gets_its_session_later() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    let (name, body) = (app.next_request(), device.body().to_string());
    let origin = app.server().origin();
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://"))
        .await
        .unwrap();
    let request = format!(
        "POST /api/auth/token HTTP/1.1\r\nhost: x\r\nx-test-request: {name}\r\nprefer: wait=20\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("AWS was called", async || !device.operations().is_empty()).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(300)).await;
    device.approve(&ada);
    eventually("the sign-in is finished", async || {
        device.operations().last() == Some(&Operation::Logout)
    })
    .await;
    let before = device.journal().len();
    let response = app.token(&device).await;
    let user = response.signed_in_user().await;
    assert_eq!(user["username"], ada.user_name);
    assert_eq!(app.sessions_of(&user["id"]).await, 1);
    assert_eq!(device.journal().len(), before, "AWS is not called again");
}

#[tokio::test]
#[ignore = "slow"]
async fn repeated_token_request_within_two_minutes_returns_the_same_bytes() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    // The sign-in is some seconds after the request, so a token with the time of the request would differ.
    let waiting = tokio::spawn(app.token_preferring(&device, "wait=9").into_future());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    device.approve(&ada);
    let first = waiting.await.unwrap();
    let user = first.signed_in_user().await;
    for seconds in [0, 60, 110] {
        app.shift_clock(seconds).await;
        let again = app.token(&device).await;
        again.assert_status(200);
        assert_eq!(again.text(), first.text(), "after {seconds} s");
    }
    app.shift_clock(122).await;
    tokio::time::sleep(INTERVAL).await;
    let response = app.token(&device).await;
    response.assert_status(408);
    assert_eq!(response.retry_after(), None);
    assert_eq!(app.sessions_of(&user["id"]).await, 1);
}

#[tokio::test]
async fn repeated_token_request_after_logout_returns_403() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let response = app.token(&device).await;
    let session = response.session();
    session.logout().await.assert_status(200);
    let response = app.token(&device).await;
    response.assert_error(403, "session_ended");
    session.validate().await.assert_status(401);
}
