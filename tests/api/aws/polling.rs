//! `/token` while the person has not answered, and when it is asked again afterwards.

use super::{Device, INTERVAL, SIMULATOR, TOKEN, portal, somebody, text};
use crate::support::{App, eventually};
use aws_simulator::{Operation, Rule};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const TIMED_OUT: &str = "Authorization timed out";

#[tokio::test]
async fn prefer_says_how_long_to_wait() {
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
        let reply = app.token_waiting(&device, prefer).await;
        let elapsed = start.elapsed();
        reply.assert_status(408);
        assert_eq!(reply.json(), json!({ "detail": TIMED_OUT }));
        assert_eq!(reply.header("retry-after"), Some("1"), "{prefer}");
        assert_eq!(reply.header("preference-applied"), applied, "{prefer}");
        // The last poll may fall a millisecond behind the deadline.
        let asked = device.operations().len();
        assert!(asked == polls || asked + 1 == polls, "{prefer}: {asked}");
        assert!(
            elapsed >= Duration::from_millis(least).saturating_sub(Duration::from_secs(1)),
            "{prefer}: {elapsed:?}"
        );
        assert!(
            elapsed < Duration::from_millis(least + 2_000),
            "{prefer}: {elapsed:?}"
        );
    }
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    let waiting = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token_waiting(&device, "wait=2").await }
    });
    eventually("AWS was asked", async || !device.operations().is_empty()).await;
    device.approve(&ada);
    let reply = waiting.await.unwrap();
    reply.assert_status(200);
    assert_eq!(reply.header("preference-applied"), Some("wait=2"));
}

/// Lets the simulator answer the next poll of a device flow with `SlowDownException`.
fn slow_down(device: &Device) {
    let rule = Rule::error("SlowDownException").on(Operation::CreateToken);
    SIMULATOR
        .add_rule(rule.matching(device.line()).times(1))
        .unwrap();
}

#[tokio::test]
async fn sequential_requests_poll_aws_once_per_interval() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    // The interval is then six seconds.
    slow_down(&device);
    app.token(&device).await.assert_status(408);
    tokio::time::sleep(INTERVAL).await;
    device.approve(&ada);
    for _ in 0..5 {
        let response = app.token(&device).await;
        response.assert_status(408);
        let retry_after: u32 = response.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&retry_after), "{retry_after}");
        assert_eq!(response.header("preference-applied"), Some("wait=0"));
    }
    assert_eq!(device.operations().len(), 1);
    app.shift_clock(6).await;
    app.token(&device).await.assert_status(200);
}

#[tokio::test]
async fn slow_down_adds_five_seconds() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    slow_down(&device);
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), Some("6"));

    let device = app.device().await;
    slow_down(&device);
    let reply = app.token_waiting(&device, "wait=7").await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), Some("6"));
    let journal = device.journal();
    let [first, second] = &journal[..] else {
        panic!("{journal:#?}");
    };
    assert!(second.at - first.at >= 5_950, "{journal:#?}");
}

#[tokio::test]
async fn a_denied_or_ended_code_is_final() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    SIMULATOR.deny(&device.user_code).unwrap();
    let reply = app.token(&device).await;
    reply.assert_status(403);
    assert_eq!(reply.json(), json!({ "detail": "Access denied" }));
    assert_eq!(reply.header("edge-auth-error"), Some("access_denied"));
    assert_eq!(reply.header("retry-after"), None);
    assert!(reply.seen().await.logs.is_empty(), "no alarm");

    // AWS's code and ours end together, so nobody is waited for.
    let device = app.device().await;
    SIMULATOR.expire(&device.line());
    app.shift_clock(601).await;
    let start = Instant::now();
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.json(), json!({ "detail": TIMED_OUT }));
    assert_eq!(reply.header("retry-after"), None);
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_client_that_hung_up_finds_the_session_when_it_comes_back() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    let (name, body) = (app.next_request(), device.body().to_string());
    let origin = app.server().door().origin;
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://"))
        .await
        .unwrap();
    let request = format!(
        "POST {TOKEN} HTTP/1.1\r\nhost: x\r\nx-test-request: {name}\r\nprefer: wait=20\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("AWS was asked", async || !device.operations().is_empty()).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(300)).await;
    device.approve(&ada);
    eventually("the sign-in is finished", async || {
        device.operations().last() == Some(&Operation::Logout)
    })
    .await;
    let before = device.journal().len();
    let reply = app.token(&device).await;
    let who = app.who(&reply).await;
    assert_eq!(who["username"], ada.user_name);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
    assert_eq!(device.journal().len(), before, "AWS is not asked again");
}

#[tokio::test]
async fn a_retry_within_two_minutes_gets_the_same_bytes() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    // Signed in some seconds after the request came, so that a token of the request's moment would differ.
    let waiting = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token_waiting(&device, "wait=9").await }
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    device.approve(&ada);
    let first = waiting.await.unwrap();
    let who = app.who(&first).await;
    for seconds in [0, 60, 110] {
        app.shift_clock(seconds).await;
        let again = app.token(&device).await;
        again.assert_status(200);
        assert_eq!(again.text(), first.text(), "after {seconds} s");
    }
    app.shift_clock(122).await;
    tokio::time::sleep(INTERVAL).await;
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), None);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
}

#[tokio::test]
async fn a_retry_does_not_revive_what_was_signed_out() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let reply = app.token(&device).await;
    let token = text(&reply.json(), "access_token");
    let logout = app.post("/api/auth/logout").bearer(&token).send().await;
    logout.assert_status(200);
    let reply = app.token(&device).await;
    reply.assert_status(403);
    assert_eq!(reply.header("edge-auth-error"), Some("session_ended"));
    app.get("/api/auth/validate")
        .bearer(&token)
        .send()
        .await
        .assert_status(401);
}
