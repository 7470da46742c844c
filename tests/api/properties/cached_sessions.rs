//! Cached sessions in KV while the isolate caches nothing: the time for which they are fresh, and an empty, stale or
//! unavailable KV.

mod forged;
mod late_writes;

use crate::support::{App, Fault, Vars, assert_refused, var};

#[tokio::test]
async fn session_missing_in_kv_is_read_from_d1_and_cached_again() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        let before = session.cached_session().await.expect("a cached session");
        session.delete_cached_session().await;
        let response = session.validate().await;
        assert!(response.assert_status(200).recorded().await.d1() > 0);
        let after = session.cached_session().await.expect("cached again");
        assert_eq!(before["user"], after["user"]);
        let recorded = session.me().await.assert_status(200).recorded().await;
        assert_eq!((recorded.d1(), recorded.kv_reads()), (0, 1));
    }
}

#[tokio::test]
async fn session_is_valid_before_kv_has_propagated() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        app.fault(Fault::kv_reads().reads_stale(60)).await;
        let session = app.user("ada").await.sign_in().await;
        for response in [session.validate().await, session.me().await] {
            response.assert_status(200);
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn lowered_ttl_applies_to_existing_entries() {
    let app = App::isolated(
        Vars::new()
            .set(var::LOCAL_CACHE_TTL, "0")
            .set(var::CACHE_TTL, "3600"),
    );
    let session = app.user("ada").await.sign_in().await;
    app.run_sql("UPDATE sessions SET revoked_at = '2026-01-01T00:00:00Z'")
        .await;
    app.shift_clock(35).await;
    session.validate().await.assert_status(200);
    let vars = app.vars().clone().set(var::CACHE_TTL, "30");
    app.restart_with(vars).await;
    for seconds in [35, 3_575] {
        app.shift_clock(seconds).await;
        session.validate().await.assert_status(401);
    }
}

#[tokio::test]
async fn lowered_ttl_applies_while_d1_is_unavailable() {
    let app = App::isolated(
        Vars::new()
            .set(var::LOCAL_CACHE_TTL, "0")
            .set(var::CACHE_TTL, "3600"),
    );
    let session = app.user("ada").await.sign_in().await;
    let vars = app.vars().clone().set(var::CACHE_TTL, "30");
    app.restart_with(vars).await;
    app.fault(Fault::d1().fails()).await;
    for (seconds, status) in [(20, 200), (30 + 880, 200), (30 + 901, 503)] {
        app.shift_clock(seconds).await;
        session.validate().await.assert_status(status);
    }
}

#[tokio::test]
async fn entry_is_fresh_for_the_ttl() {
    for (app, ttl) in [
        (App::with(Vars::without_local_cache()), 300),
        (
            App::with(
                Vars::new()
                    .set(var::CACHE_TTL, "30")
                    .set(var::LOCAL_CACHE_TTL, "0"),
            ),
            30,
        ),
    ] {
        let session = app.user("ada").await.sign_in().await;
        app.shift_clock(ttl - 5).await;
        assert_eq!(session.validate().await.recorded().await.d1(), 0);
        app.shift_clock(ttl + 1).await;
        assert!(session.validate().await.recorded().await.d1() > 0);
        // The session is cached again for the TTL.
        app.shift_clock(2 * ttl - 5).await;
        assert_eq!(session.validate().await.recorded().await.d1(), 0);
    }
}

#[tokio::test]
async fn direct_change_of_d1_applies_after_the_ttl() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        ada.disable().await;
        app.shift_clock(301).await;
        for response in [session.validate().await, session.me().await] {
            response.assert_status(401);
        }
    }
}

#[tokio::test]
async fn revocation_that_cannot_be_written_to_kv_applies_after_the_ttl() {
    let app = App::with(Vars::without_local_cache());
    let session = app.user("ada").await.sign_in().await;
    // The worst case: a session that has just been cached again.
    app.shift_clock(301).await;
    session.validate().await.recorded().await;
    let fault = app.fault(Fault::kv_writes().fails()).await;
    session.logout().await.assert_status(200);
    assert!(fault.hits().await >= 2, "the write is not repeated");
    session.refresh().await.assert_status(401);
    app.shift_clock(301 + 301).await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn write_that_kv_throttles_is_retried() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        app.fault(Fault::kv_writes().times(1).throttles()).await;
        session.logout().await.assert_status(200).recorded().await;
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn throttled_write_of_a_refresh_is_retried() {
    let app = App::with(Vars::without_local_cache());
    let first = app.user("ada").await.sign_in().await;
    app.fault(Fault::kv_writes().matching(":0$").times(1).throttles())
        .await;
    first.refreshed().await;
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
}

#[tokio::test]
async fn revocation_overwrites_the_entry_of_every_token_of_the_window() {
    let app = App::with(Vars::without_local_cache());
    let mut sessions = vec![app.user("ada").await.sign_in().await];
    for _ in 0..5 {
        let next = sessions[sessions.len() - 1].refreshed().await;
        sessions.push(next);
    }
    for token in &sessions {
        token.validate().await.assert_status(200).recorded().await;
    }
    sessions[0]
        .logout()
        .await
        .assert_status(200)
        .recorded()
        .await;
    for token in &sessions {
        let recorded = token.validate().await.assert_status(401).recorded().await;
        assert_eq!(recorded.d1(), 0, "D1 was read");
    }
}

#[tokio::test]
async fn revocation_applies_after_a_minute_where_kv_reads_are_a_minute_old() {
    let app = App::with(Vars::without_local_cache());
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(100).await;
    app.fault(Fault::kv_reads().reads_stale(60)).await;
    session.logout().await.assert_status(200).recorded().await;
    // This route does not read KV.
    session.refresh().await.assert_status(401);
    // The cached session of a minute ago is still valid.
    session.validate().await.assert_status(200);
    app.shift_clock(100 + 65).await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn revocation_applies_after_the_ttl_where_kv_never_propagates() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        let cached = session.raw_cached_session().await.expect("a value");
        session.logout().await.assert_status(200).recorded().await;
        app.shift_clock(295).await;
        session.write_raw_cached_session(&cached).await;
        session.validate().await.assert_status(200);
        app.shift_clock(301).await;
        assert_refused(&[&session]).await;
    }
}
