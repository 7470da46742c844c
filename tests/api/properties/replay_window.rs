//! Rotation of tokens: a rotated-out token is accepted for the replay window, and its reuse afterwards revokes the
//! session.

use crate::support::{App, Caller, Fault, Vars, assert_refused, var};
use tokio::task::JoinSet;

/// In seconds.
const DAY: i64 = 86_400;

/// Fails the test unless the session is live and no reuse was recorded.
async fn assert_live(session: &Caller) {
    assert!(!session.is_revoked().await);
    assert_eq!(session.audit_kinds().await, ["sign_in"]);
}

/// The stored rotations of a session: pairs of second and generation.
async fn rotations(session: &Caller) -> Vec<(i64, i64)> {
    let json = session.column("recent_rotations").await;
    serde_json::from_str(json.as_str().expect("JSON")).expect("pairs")
}

#[tokio::test]
async fn concurrent_refreshes_return_one_token() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let mut requests = JoinSet::new();
    for _ in 0..40 {
        requests.spawn(first.refresh().send());
    }
    let responses = requests.join_all().await;
    for response in &responses {
        response.assert_status(200);
        assert_eq!(response.text(), responses[0].text());
        response.recorded().await;
    }
    assert_eq!(first.column("generation").await, 1);

    let second = responses[0].session();
    app.shift_clock(31).await;
    second.validate().await.assert_status(200);
    first.refresh().await.assert_status(401);
    assert!(first.is_revoked().await);
    assert_refused(&[&second, &first]).await;
}

#[tokio::test]
async fn repeated_refresh_within_the_window_returns_the_same_bytes() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let once = first.refresh().await;
    app.shift_clock(25).await;
    let again = first.refresh().await;
    assert_eq!((again.status, again.text()), (200, once.text()), "repeated");
    assert_eq!(first.column("generation").await, 1);
    assert_live(&first).await;
}

#[tokio::test]
async fn refresh_of_every_token_rotated_out_within_the_window_returns_the_current_one() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    let third = second.refresh().await;
    for session in [&first, &second, &first] {
        let response = session.refresh().await;
        assert_eq!((response.status, &response.body), (200, &third.body));
        response.recorded().await;
    }
    let third = third.session();
    for session in [&first, &second, &third] {
        session.validate().await.assert_status(200);
        session.me().await.assert_status(200);
    }
    assert_eq!(first.column("generation").await, 2);
    assert_live(&first).await;
}

#[tokio::test]
async fn window_of_a_token_starts_with_its_own_rotation() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for (rotated, seconds, status) in [
        (0, 25, 200),
        (0, 31, 401),
        (1, 31, 200),
        (1, 45, 200),
        (1, 51, 401),
    ] {
        app.shift_clock(0).await;
        let first = ada.sign_in().await;
        let second = first.refreshed().await;
        app.shift_clock(20).await;
        let third = second.refreshed().await;
        app.shift_clock(seconds).await;
        let old = [&first, &second][rotated];
        // The refresh comes last, because it may revoke the session.
        let validated = old.validate().await.status;
        let refreshed = old.refresh().await.status;
        assert_eq!(
            [validated, refreshed],
            [status; 2],
            "token {rotated} after {seconds} s"
        );
        let is_live = third.validate().await.status == 200;
        assert_eq!(is_live, status == 200, "token {rotated} after {seconds} s");
    }
}

#[tokio::test]
async fn concurrent_refreshes_of_three_generations_get_the_next_token() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    let third = second.refreshed().await;
    let mut requests = JoinSet::new();
    for number in 0..30 {
        let session = [&first, &second, &third][number % 3];
        requests.spawn(session.refresh().send());
    }
    for response in requests.join_all().await {
        let generation = response.session().claims()["gen"].clone();
        response.recorded().await;
        assert!(generation == 2 || generation == 3, "{generation}");
    }
    let fourth = first.refresh().await;
    assert_eq!(fourth.session().claims()["gen"], 3);
    assert_live(&first).await;
}

#[tokio::test]
async fn client_whose_responses_are_lost_gets_the_current_token() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let lost = || {
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_response()
    };
    app.fault(lost()).await;
    first.refresh().await.assert_status(503);
    let second = first.refreshed().await;
    app.fault(lost()).await;
    second.refresh().await.assert_status(503);
    let third = first.refreshed().await;
    assert_eq!(third.claims()["gen"], 2);
    assert_eq!(second.refreshed().await, third);
    assert_live(&first).await;
}

#[tokio::test]
async fn frequent_refreshes_store_one_rotation_per_second() {
    const REFRESHES: i64 = 30;
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let mut current = first.clone();
    for _ in 0..REFRESHES {
        current = current.refresh().await.session();
    }
    let stored = rotations(&first).await;
    let span = stored[stored.len() - 1].0 - stored[0].0;
    let pairs = i64::try_from(stored.len()).expect("a count");
    assert!(pairs <= span + 1 && pairs < REFRESHES, "{stored:?}");
    assert!(span < 30, "{stored:?}");
    let again = first.refreshed().await;
    assert_eq!(again.claims()["gen"], REFRESHES);
    assert_eq!(again, current);
    // A refresh after the window removes them.
    app.shift_clock(60).await;
    current.refreshed().await;
    let stored = rotations(&first).await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].1, REFRESHES);
}

#[tokio::test]
async fn window_of_zero_seconds_accepts_no_rotated_out_token() {
    let app = App::with(Vars::new().set("REFRESH_REPLAY_WINDOW", "0"));
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    second.validate().await.assert_status(200);
    for response in [first.validate().await, first.refresh().await] {
        response.assert_status(401);
    }
    assert_refused(&[&second]).await;
}

#[tokio::test]
async fn window_of_five_minutes_lasts_five_minutes() {
    let app = App::with(Vars::new().set("REFRESH_REPLAY_WINDOW", "300"));
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    app.shift_clock(290).await;
    assert_eq!(first.refreshed().await, second);
    app.shift_clock(301).await;
    first.refresh().await.assert_status(401);
    assert_refused(&[&second]).await;
}

#[tokio::test]
async fn reuse_of_an_expired_rotated_out_token_revokes_the_session_and_is_audited() {
    for (vars, step) in [
        (Vars::new(), DAY),
        (Vars::new().set(var::TOKEN_LIFETIME, "60"), 80),
    ] {
        let app = App::with(vars);
        let stolen = app.user("ada").await.sign_in().await;
        let mut current = stolen.clone();
        for number in 0..4 {
            app.shift_clock(number * step).await;
            current = current.refreshed().await;
        }
        app.shift_clock(3 * step + 40).await;
        stolen.validate().await.assert_status(401);
        current.validate().await.assert_status(200);
        for _ in 0..2 {
            stolen.refresh().await.assert_status(401);
        }
        assert_refused(&[&current]).await;
        assert_eq!(
            stolen.audit_kinds().await,
            ["sign_in", "refresh_reuse", "session_revoked"]
        );
    }
}

#[tokio::test]
async fn expired_token_within_the_window_gets_the_current_one() {
    let app = App::with(Vars::new().set(var::TOKEN_LIFETIME, "60"));
    let first = app.user("ada").await.sign_in().await;
    app.shift_clock(85).await;
    let second = first.refreshed().await;
    // A client whose response was lost repeats the request.
    app.shift_clock(95).await;
    first.validate().await.assert_status(401);
    assert_eq!(first.refreshed().await, second);
    assert_live(&first).await;
}

#[tokio::test]
async fn rotated_out_token_expires_with_the_session() {
    let vars = Vars::new().set(var::TOKEN_LIFETIME, "60");
    let app = App::with(vars.set("REFRESH_REPLAY_WINDOW", "300"));
    let first = app.user("ada").await.sign_in().await;
    first.refreshed().await;
    app.shift_clock(95).await;
    for response in [first.validate().await, first.refresh().await] {
        response.assert_status(401);
    }
    assert_live(&first).await;
}

#[tokio::test]
async fn rotated_out_token_is_refused_after_the_window_without_revoking_the_session() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    for response in [first.validate().await, first.me().await] {
        response.assert_status(200);
    }
    app.shift_clock(31).await;
    for response in [first.validate().await, first.me().await] {
        response.assert_status(401);
    }
    // Only a refresh with the old token would revoke the session.
    second.validate().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn refresh_concurrent_with_logout_leaves_no_valid_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for round in 0..12 {
        let first = ada.sign_in().await;
        let (refreshed, logged_out) = if round % 2 == 0 {
            tokio::join!(first.refresh(), first.logout())
        } else {
            let (logged_out, refreshed) = tokio::join!(first.logout(), first.refresh());
            (refreshed, logged_out)
        };
        logged_out.assert_status(200).recorded().await;
        refreshed.recorded().await;
        assert_refused(&[&first]).await;
        if refreshed.status == 200 {
            assert_refused(&[&refreshed.session()]).await;
        }
    }
}
