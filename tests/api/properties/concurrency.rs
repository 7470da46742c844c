//! Concurrent requests: conflicting changes take effect once, and no session survives its revocation.

use crate::support::failures::{account_key, failures, typed_name_key};
use crate::support::{App, Caller, Fault, NEW_PASSWORD, PASSWORD, Request, User, Vars};
use serde_json::json;
use std::future::IntoFuture;
use std::time::Duration;
use tokio::task::JoinSet;

/// Sends this many correct sign-ins of one user at the same time, from these networks in turn; returns their statuses.
async fn at_once(app: &App, ada: &User, times: usize, networks: usize) -> Vec<u16> {
    let mut running = JoinSet::new();
    for number in 0..times {
        let login = ada.login().client_ip(&app.other_ip(number % networks));
        running.spawn(async move { login.await.status });
    }
    running.join_all().await
}

#[tokio::test]
#[ignore = "slow"]
async fn concurrent_correct_sign_ins_all_succeed() {
    let app = App::isolated(Vars::new());
    for (times, networks) in [(2, 1), (2, 2), (3, 1), (4, 1), (4, 2), (4, 4)] {
        let ada = app.user("ada").await;
        let statuses = at_once(&app, &ada, times, networks).await;
        assert_eq!(statuses, vec![200; times], "from {networks} networks");
        assert_eq!(ada.live_sessions().await, times as u64);
        // None of the sign-ins still counts as a failure.
        for key in [typed_name_key(&app, &ada.username), account_key(&ada)] {
            assert_eq!(failures(&app, &key).await, 0);
        }
    }
}

/// Simulates two isolates: only D1 knows about the attempt in the other one.
#[tokio::test]
async fn sign_in_waits_for_another_attempt_in_flight() {
    let app = App::shared();
    app.run_clock().await;
    let ada = app.user("ada").await;
    let now = "CAST(1000 * unixepoch('subsec') AS INTEGER)";
    for (ends, status) in [("+ 400", 200), ("+ 15000", 429)] {
        let sql = format!(
            "INSERT INTO sign_in_attempts (key, failures, open_at_ms, busy_until_ms) \
             VALUES (?1, 1, 0, {now} {ends}) \
             ON CONFLICT (key) DO UPDATE SET open_at_ms = 0, busy_until_ms = excluded.busy_until_ms"
        );
        app.sql(&sql, [typed_name_key(&app, &ada.username)]).await;
        let response = ada.login().client_ip(&app.other_ip(1)).await;
        response.assert_status(status);
    }
    // A lease that was not released expires.
    app.shift_clock(16).await;
    let response = ada.login().client_ip(&app.other_ip(2)).await;
    response.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sign_in_waits_for_a_wrong_password_in_flight_once() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let paused = app
        .fault(Fault::d1().matching("INTO audit").times(1).pauses())
        .await;
    let guess = ada.guess().client_ip(&app.other_ip(1));
    let guess = tokio::spawn(guess.into_future());
    paused.wait_for_hits(1).await;
    let login = ada.login().client_ip(&app.other_ip(2));
    let login = tokio::spawn(login.into_future());
    paused.release().await;
    guess.await.unwrap().assert_status(401);
    // The back-off of the guess has ended by the last retry, or the response says how long it lasts.
    let status = login.await.unwrap().status;
    assert!([200, 429].contains(&status), "{status}");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_password_changes_in_one_session_run_one_after_the_other() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut running = JoinSet::new();
    for number in 0..3 {
        let new = format!("a wholly different passphrase {number}");
        running.spawn(session.change_password(&ada.password, &new).send());
    }
    let responses = running.join_all().await;
    let statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
    // When the other changes run, the given password is no longer the current one.
    let changed = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(changed, 1, "{statuses:?}");
    let is_expected = |status| [200, 400, 429].contains(status);
    assert!(statuses.iter().all(is_expected), "{statuses:?}");
}

#[tokio::test]
async fn one_of_many_concurrent_password_changes_succeeds() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut changes = JoinSet::new();
    for number in 0..12 {
        let session = session.clone();
        changes.spawn(async move {
            let new = format!("{NEW_PASSWORD}, number {number}");
            (session.change_password(PASSWORD, &new).await.status, new)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = changes
        .join_all()
        .await
        .into_iter()
        .partition(|(status, _)| *status == 200);
    assert_eq!(won.len(), 1, "{lost:?}");
    assert!(
        lost.iter()
            .all(|(status, _)| [400, 429, 503].contains(status)),
        "{lost:?}"
    );
    app.skip_back_off().await;
    ada.login_with(&won[0].1).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn one_of_many_concurrent_uses_of_a_reset_link_succeeds() {
    use_reset_link_at_once(16, 4_500).await;
}

/// Uses a one-time link this many times at the same time. D1 is slow by this many milliseconds.
pub async fn use_reset_link_at_once(uses: usize, delay: u32) {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    // All requests find the link unused before the first of them can use it.
    let slow = Fault::d1().matching("UPDATE password_links").delays(delay);
    let slow = app.fault(slow).await;
    let mut running = JoinSet::new();
    for number in 0..uses {
        let password = format!("{NEW_PASSWORD}, number {number}");
        let request = app.anonymous().set_password(&link, &password);
        let request = request.client_ip(&app.other_ip(number));
        running.spawn(async move { (request.await.status, password) });
    }
    let (won, lost): (Vec<_>, Vec<_>) = running
        .join_all()
        .await
        .into_iter()
        .partition(|(status, _)| *status == 200);
    let reached = slow.hits().await;
    assert!(
        reached > uses as u64 / 4,
        "only {reached} requests reached the UPDATE"
    );
    assert_eq!((won.len(), lost.len()), (1, uses - 1));
    assert!(lost.iter().all(|(status, _)| *status == 400), "{lost:?}");
    ada.login_with(&won[0].1).await.assert_status(200);
    ada.login_with(&lost[0].1).await.assert_status(401);
}

#[tokio::test]
async fn rounds_of_concurrent_refreshes_are_one_refresh_each() {
    refresh_at_once(10).await;
}

/// Refreshes this many sessions, each forty times at the same time.
pub async fn refresh_at_once(rounds: usize) {
    let app = App::with(Vars::strict());
    let user = app.seed_user("user", rounds).await;
    let mut refreshed = Vec::new();
    for session in &user.sessions {
        let mut round = JoinSet::new();
        for _ in 0..40 {
            round.spawn(session.refresh().send());
        }
        let responses = round.join_all().await;
        for response in &responses {
            response.assert_status(200);
            assert_eq!(response.body, responses[0].body, "another token");
        }
        refreshed.push(responses[0].session());
    }
    let sql = "SELECT DISTINCT generation FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    let generations = app.sql(sql, [user.id.clone()]).await;
    assert_eq!(generations, [json!({ "generation": 1 })]);
    app.shift_clock(31).await;
    for (old, new) in user.sessions.iter().zip(&refreshed) {
        let found = (&new.claims()["gen"], new.session_id());
        assert_eq!(found, (&json!(1), old.session_id()));
        old.validate().await.assert_status(401);
        new.validate().await.assert_status(200);
    }
}

/// Revokes a session while three requests refresh it. The place and the time of the revocation depend on the round.
async fn revoke_during_refreshes(session: &Caller, revoke: fn(&Caller) -> Request, round: usize) {
    let mut running = JoinSet::new();
    for place in 0..4 {
        let request = if place == round % 4 {
            revoke(session)
        } else {
            session.refresh()
        };
        let wait = Duration::from_micros((round * 131 + place * 977) as u64 % 3_000);
        running.spawn(async move {
            tokio::time::sleep(wait).await;
            (place, request.await)
        });
    }
    let mut tokens = vec![session.clone()];
    for (place, response) in running.join_all().await {
        response.recorded().await;
        if place == round % 4 {
            response.assert_status(200);
        } else if response.status == 200 {
            tokens.push(response.session());
        } else {
            response.assert_status(401);
        }
    }
    tokens.dedup();
    assert!(tokens.len() <= 2, "the session was refreshed twice");
    for token in &tokens {
        token.validate().await.assert_status(401);
        token.refresh().await.assert_status(401);
    }
    assert!(session.is_revoked().await);
    let kinds = session.audit_kinds().await;
    let revocations = kinds.iter().filter(|kind| *kind != "refresh_reuse");
    assert_eq!(revocations.count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn revocation_concurrent_with_refreshes_leaves_no_valid_token() {
    revoke_during_many_refreshes(12, 4).await;
}

/// Rounds with strict consistency and with the cache, where refreshes write cached sessions after their responses.
pub async fn revoke_during_many_refreshes(strict: usize, cached: usize) {
    let app = App::with(Vars::strict());
    for (round, user) in app.seed_users(strict, "user", 1).await.iter().enumerate() {
        let revoke: fn(&Caller) -> Request = match round / 4 % 3 {
            0 => Caller::logout,
            1 => Caller::logout_all,
            _ => |session| session.revoke_session(&session.session_id()),
        };
        revoke_during_refreshes(&user.sessions[0], revoke, round).await;
    }
    let app = App::shared();
    for (round, user) in app.seed_users(cached, "user", 1).await.iter().enumerate() {
        let session = &user.sessions[0];
        let response = session.validate().await;
        response.assert_status(200).recorded().await;
        revoke_during_refreshes(session, Caller::logout, round).await;
    }
}
