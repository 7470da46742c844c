//! A write to KV that arrives after a revocation or a refresh.

use crate::support::{App, Caller, Fault, Vars, assert_refused};
use std::time::Duration;

/// Runs `meanwhile` after a request has read the session from D1, and before it writes the cached session.
async fn during_cache_write(app: &App, session: &Caller, meanwhile: impl AsyncFnOnce()) {
    session.delete_cached_session().await;
    let paused = app
        .fault(
            Fault::kv_writes()
                .matching(&session.cache_key())
                .times(1)
                .pauses(),
        )
        .await;
    let response = session.validate().await;
    response.assert_status(200);
    paused.wait_for_hits(1).await;
    meanwhile().await;
    paused.release().await;
    response.recorded().await;
}

#[tokio::test]
async fn cache_write_after_logout_does_not_restore_the_session() {
    let app = App::with(Vars::without_local_cache());
    let session = app.user("ada").await.sign_in().await;
    during_cache_write(&app, &session, async || {
        session.logout().await.assert_status(200).recorded().await;
    })
    .await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn cache_write_seconds_after_logout_does_not_restore_the_session() {
    let app = App::with(Vars::without_local_cache());
    let session = app.user("ada").await.sign_in().await;
    during_cache_write(&app, &session, async || {
        session.logout().await.assert_status(200).recorded().await;
        tokio::time::sleep(Duration::from_secs(4)).await;
    })
    .await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn cache_write_after_a_refresh_does_not_extend_the_old_token() {
    let app = App::with(Vars::without_local_cache());
    let first = app.user("ada").await.sign_in().await;
    during_cache_write(&app, &first, async || {
        first.refreshed().await;
    })
    .await;
    first.validate().await.assert_status(200);
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
}

#[tokio::test]
async fn cache_write_after_two_refreshes_expires_with_the_window_of_its_token() {
    let app = App::with(Vars::without_local_cache());
    let first = app.user("ada").await.sign_in().await;
    during_cache_write(&app, &first, async || {
        let second = first.refreshed().await;
        app.shift_clock(20).await;
        second.refreshed().await;
    })
    .await;
    first.validate().await.assert_status(200);
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
}

#[tokio::test]
async fn cache_write_after_the_window_does_not_extend_the_token() {
    let app = App::with(Vars::without_local_cache());
    let first = app.user("ada").await.sign_in().await;
    during_cache_write(&app, &first, async || {
        first.refreshed().await;
        app.shift_clock(31).await;
    })
    .await;
    first.validate().await.assert_status(401);
}

#[tokio::test]
async fn cache_write_of_a_refresh_after_logout_does_not_restore_the_session() {
    let app = App::with(Vars::without_local_cache());
    let first = app.user("ada").await.sign_in().await;
    let paused = app.fault(Fault::kv_writes().times(2).pauses()).await;
    let response = first.refresh().await;
    let second = response.session();
    paused.wait_for_hits(2).await;
    second.logout().await.assert_status(200).recorded().await;
    paused.release().await;
    response.recorded().await;
    assert_refused(&[&second, &first]).await;
}

#[tokio::test]
async fn cache_write_of_a_login_after_logout_expires_after_the_ttl() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let paused = app.fault(Fault::kv_writes().times(1).pauses()).await;
    let response = ada.login().await;
    let session = response.session();
    paused.wait_for_hits(1).await;
    session.logout().await.assert_status(200);
    paused.release().await;
    response.recorded().await;
    session.refresh().await.assert_status(401);
    app.shift_clock(301).await;
    assert_refused(&[&session]).await;
}
