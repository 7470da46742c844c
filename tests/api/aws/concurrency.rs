//! Many at once.

use super::{Device, INTERVAL, SIMULATOR, TOKEN, portal, somebody};
use crate::support::{App, Reply, eventually};
use aws_simulator::{Effect, Operation, Rule};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

async fn ask_forty_times(
    app: &App,
    device: &Device,
    prefer: &'static str,
) -> Vec<(Reply, Duration)> {
    let mut asking = JoinSet::new();
    for number in 0..40 {
        let (app, device) = (app.clone(), device.clone());
        asking.spawn(async move {
            let start = Instant::now();
            let request = app.post(TOKEN).header("prefer", prefer);
            // Each from a different network.
            let request = request.from(&app.elsewhere(number));
            (request.json(&device.body()).send().await, start.elapsed())
        });
    }
    asking.join_all().await
}

#[tokio::test]
async fn one_of_forty_requests_with_one_handle_polls_aws_and_others_are_told_to_wait_at_once() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    let replies = ask_forty_times(&app, &device, "wait=4").await;
    let mut waited = 0;
    for (reply, took) in &replies {
        reply.assert_status(408);
        assert_eq!(
            reply.header("edge-auth-error"),
            Some("authorization_pending")
        );
        assert_eq!(reply.header("retry-after"), Some("1"));
        if reply.header("preference-applied").is_some() {
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
async fn forty_questions_for_one_code_are_one_session_and_one_answer() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let mut replies = Vec::new();
    for (reply, _) in ask_forty_times(&app, &device, "wait=20").await {
        if reply.status == 408 {
            assert_eq!(reply.header("retry-after"), Some("1"));
        } else {
            replies.push(reply);
        }
    }
    // The requests that were told to wait get the session.
    for _ in 0..2 {
        replies.push(app.token(&device).await);
    }
    let first = &replies[0];
    for reply in &replies {
        reply.assert_status(200);
        assert_eq!(reply.text(), first.text());
    }
    let who = app.who(first).await;
    assert_eq!(who["username"], ada.user_name);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
    let operations = device.operations();
    let redeemed = operations
        .iter()
        .filter(|operation| **operation == Operation::GetRoleCredentials);
    assert_eq!(redeemed.count(), 1, "{operations:?}");
}

#[tokio::test]
async fn code_that_another_isolate_has_in_hand_gives_its_session() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let slow = Rule::new(Effect::DelayMs(4_000)).on(Operation::GetRoleCredentials);
    SIMULATOR
        .add_rule(slow.matching(device.line()))
        .expect("a rule");
    let first = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token(&device).await }
    });
    eventually("the code is used", async || {
        device.operations().contains(&Operation::ListAccountRoles)
    })
    .await;
    // As in another isolate, which does not know of the first request: here its time has passed.
    app.shift_clock(46).await;
    // AWS would only say that it was asked too soon.
    tokio::time::sleep(INTERVAL).await;
    let second = app.token(&device).await;
    let first = first.await.expect("a reply");
    first.assert_status(200);
    second.assert_status(200);
    assert_eq!(second.text(), first.text());
    let asked = device.operations();
    let asked = asked.iter().filter(|it| **it == Operation::CreateToken);
    assert_eq!(asked.count(), 2, "both asked AWS");
}

#[tokio::test]
async fn the_first_sight_of_one_person_from_many_places_makes_one_user() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let mut arriving = JoinSet::new();
    for _ in 0..20 {
        let (app, ada) = (app.clone(), ada.clone());
        arriving.spawn(async move { app.arrive(&ada).await });
    }
    let replies: Vec<Reply> = arriving.join_all().await;
    let mut ids = Vec::new();
    for reply in &replies {
        ids.push(app.who(reply).await["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.sessions_of(&ids[0]).await, 20);
}
