//! The isolate's own cache of sessions: the reads that it saves, and the events that remove an entry at once.

use crate::support::{App, Fault, Response, Vars, assert_refused, revoked, var};
use tokio::task::JoinSet;

fn with_ttl(seconds: &str) -> App {
    App::with(Vars::new().set(var::LOCAL_CACHE_TTL, seconds))
}

/// A server of its own. A session is not cached if another one is removed from the isolate's cache while it is read, which other tests
/// do all the time.
fn alone(seconds: &str) -> App {
    App::isolated(Vars::new().set(var::LOCAL_CACHE_TTL, seconds))
}

async fn reads_of_kv(response: &Response) -> usize {
    let recorded = response.assert_status(200).recorded().await;
    assert_eq!(recorded.d1(), 0, "{:?}", recorded.calls);
    recorded.kv_reads()
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn session_is_read_from_kv_once_per_ttl() {
    for (app, seconds) in [(alone("5"), 5), (alone("30"), 30)] {
        let session = app.user("ada").await.sign_in().await;
        assert_eq!(reads_of_kv(&session.validate().await).await, 1);
        assert_eq!(reads_of_kv(&session.validate().await).await, 0);
        assert_eq!(reads_of_kv(&session.me().await).await, 0);
        app.shift_clock(seconds + 1).await;
        assert_eq!(reads_of_kv(&session.me().await).await, 1);
        assert_eq!(reads_of_kv(&session.validate().await).await, 0);
    }
}

#[tokio::test]
async fn session_is_read_from_kv_each_time_with_a_ttl_of_zero() {
    for app in with_ttl("0").of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        for _ in 0..3 {
            assert_eq!(reads_of_kv(&session.validate().await).await, 1);
        }
    }
}

#[tokio::test]
async fn revocation_in_another_isolate_applies_after_the_ttl() {
    for app in alone("5").of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        session.validate().await.assert_status(200);
        session.write_cached_session(&revoked()).await;
        session.validate().await.assert_status(200);
        app.shift_clock(6).await;
        session.validate().await.assert_status(401);
    }
}

#[tokio::test]
async fn local_cache_does_not_extend_a_cached_session() {
    for app in with_ttl("30").of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        app.shift_clock(290).await;
        session.validate().await.assert_status(200);
        app.shift_clock(301).await;
        let recorded = session.validate().await.recorded().await;
        assert!(recorded.d1() > 0, "{:?}", recorded.calls);
    }
}

#[tokio::test]
async fn locally_cached_token_expires() {
    let app = App::with(
        Vars::new()
            .set(var::LOCAL_CACHE_TTL, "30")
            .set(var::TOKEN_LIFETIME, "60"),
    );
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(80).await;
    session.validate().await.assert_status(200);
    app.shift_clock(91).await;
    session.validate().await.assert_status(401);
}

#[tokio::test]
async fn logout_applies_at_once_in_its_isolate() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        session.validate().await.assert_status(200);
        session.logout().await.assert_status(200);
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn set_password_applies_at_once_in_its_isolate() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        session.validate().await.assert_status(200);
        let link = ada.reset_link().await;
        app.anonymous()
            .set_password(&link, "a wholly different passphrase")
            .await
            .assert_status(200);
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn locally_cached_rotated_out_token_is_refused_after_the_window() {
    let app = with_ttl("30");
    let first = app.user("ada").await.sign_in().await;
    first.validate().await.assert_status(200);
    let second = first.refreshed().await;
    first.validate().await.assert_status(200);
    second.validate().await.assert_status(200);
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
    first.refresh().await.assert_status(401);
    // The old token was used again, so the session is revoked.
    second.validate().await.assert_status(401);
}

#[tokio::test]
async fn read_that_overlaps_a_revocation_is_not_cached() {
    for app in with_ttl("30").of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        let cached = session.raw_cached_session().await.expect("a value");
        let paused = app.fault(Fault::kv_reads().times(1).pauses()).await;
        let (validate, ()) = tokio::join!(session.validate(), async {
            paused.wait_for_hits(1).await;
            session.logout().await.assert_status(200).recorded().await;
            // Another location still reads this value.
            session.write_raw_cached_session(&cached).await;
            paused.release().await;
        });
        validate.assert_status(200);
        session.delete_cached_session().await;
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn locally_cached_session_is_valid_without_kv() {
    for app in alone("5").of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        session.validate().await.assert_status(200);
        app.fault(Fault::kv().fails()).await;
        assert_eq!(reads_of_kv(&session.validate().await).await, 0);
    }
}

#[tokio::test]
async fn concurrent_requests_get_the_user_of_their_token() {
    let app = App::shared();
    let mut users = Vec::new();
    for name in ["ada", "bob", "eve", "kim"] {
        let user = app.user(name).await;
        users.push((user.id.clone(), user.sign_in().await));
    }
    // The reads are slow, so that all requests run at the same time.
    app.fault(Fault::kv_reads().delays(50)).await;
    let mut running = JoinSet::new();
    for number in 0..200 {
        let (id, session) = users[number % users.len()].clone();
        let invalid = app.with_token("no.such.token");
        running.spawn(async move {
            match number % 3 {
                0 => assert_eq!(session.me().await.json()["id"], id),
                1 => assert_eq!(session.validate().await.user()["id"], id),
                _ => {
                    invalid.validate().await.assert_status(401);
                }
            }
        });
    }
    running.join_all().await;
}
