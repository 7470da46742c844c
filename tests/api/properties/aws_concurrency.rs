//! Concurrent device flows.

use crate::support::aws::{Device, INTERVAL, SIMULATOR, add_directory_user, portal};
use crate::support::{App, Response, eventually};
use aws_simulator::{Effect, Operation, Rule};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Sends forty requests for the token of a device flow, each from another network; returns the responses with their durations.
async fn request_token_forty_times(
    app: &App,
    device: &Device,
    prefer: &'static str,
) -> Vec<(Response, Duration)> {
    let mut running = JoinSet::new();
    for number in 0..40 {
        let request = app.token_preferring(device, prefer);
        let request = request.client_ip(&app.other_ip(number));
        running.spawn(async move {
            let start = Instant::now();
            (request.await, start.elapsed())
        });
    }
    running.join_all().await
}

#[tokio::test]
#[ignore = "slow"]
async fn one_of_many_requests_for_a_device_code_polls_aws() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    let responses = request_token_forty_times(&app, &device, "wait=4").await;
    let mut waited = 0;
    for (response, took) in &responses {
        response.assert_status(408);
        assert_eq!(response.error_code(), Some("authorization_pending"));
        assert_eq!(response.retry_after(), Some(1));
        if response.header("preference-applied").is_some() {
            waited += 1;
        } else {
            assert!(*took < Duration::from_secs(3), "{took:?}");
        }
    }
    assert_eq!(waited, 1);
    // At 0, 1, 2, 3 and perhaps 4 s.
    let polls = device.operations().len();
    assert!((4..=5).contains(&polls), "{polls}");
    // The next request polls again once the interval has passed.
    tokio::time::sleep(INTERVAL).await;
    app.token(&device).await.assert_status(408);
    assert_eq!(device.operations().len(), polls + 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_requests_for_a_device_code_get_one_session() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let mut responses = Vec::new();
    for (response, _) in request_token_forty_times(&app, &device, "wait=20").await {
        if response.status == 408 {
            assert_eq!(response.retry_after(), Some(1));
        } else {
            responses.push(response);
        }
    }
    // The requests that had to wait get the session.
    for _ in 0..2 {
        responses.push(app.token(&device).await);
    }
    let first = &responses[0];
    for response in &responses {
        response.assert_status(200);
        assert_eq!(response.text(), first.text());
    }
    let user = first.signed_in_user().await;
    assert_eq!(user["username"], ada.user_name);
    assert_eq!(app.sessions_of(&user["id"]).await, 1);
    let operations = device.operations();
    let redeemed = operations
        .iter()
        .filter(|operation| **operation == Operation::GetRoleCredentials);
    assert_eq!(redeemed.count(), 1, "{operations:?}");
}

#[tokio::test]
#[ignore = "slow"]
async fn device_code_used_by_another_isolate_gives_its_session() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let slow = Rule::new(Effect::DelayMs(4_000)).on(Operation::GetRoleCredentials);
    SIMULATOR
        .add_rule(slow.matching(device.requests()))
        .expect("a rule");
    let first = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token(&device).await }
    });
    eventually("the code is used", async || {
        device.operations().contains(&Operation::ListAccountRoles)
    })
    .await;
    // Simulates another isolate, which does not know of the first request: the time of that request has passed.
    app.shift_clock(46).await;
    // AWS rejects a request within its polling interval.
    tokio::time::sleep(INTERVAL).await;
    let second = app.token(&device).await;
    let first = first.await.expect("a response");
    first.assert_status(200);
    second.assert_status(200);
    assert_eq!(second.text(), first.text());
    let operations = device.operations();
    let polls = operations
        .iter()
        .filter(|operation| **operation == Operation::CreateToken);
    assert_eq!(polls.count(), 2, "both requests poll AWS");
}

#[tokio::test]
async fn concurrent_first_sign_ins_create_one_user() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let mut running = JoinSet::new();
    for _ in 0..20 {
        let (app, ada) = (app.clone(), ada.clone());
        running.spawn(async move { app.sign_in_with_device(&ada).await });
    }
    let responses: Vec<Response> = running.join_all().await;
    let mut ids = Vec::new();
    for response in &responses {
        ids.push(response.signed_in_user().await["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.sessions_of(&ids[0]).await, 20);
}
