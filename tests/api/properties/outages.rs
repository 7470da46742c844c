//! D1 or KV is unavailable, fails or hangs: the response of each route, no partial effect, and a next request that
//! works.

mod every_route;
mod lost_responses;

use crate::support::internals::SessionKind;
use crate::support::{App, Fault, NEW_PASSWORD, Response, assert_refused};
use serde_json::json;
use std::time::{Duration, Instant};

/// The response is the 503 of an unavailable store.
pub fn assert_unavailable(response: &Response) {
    let text = "Service temporarily unavailable";
    let body = response.assert_status(503).json();
    let message = json!({ "success": false, "message": text });
    assert!(
        body == message || body == json!({ "detail": text }),
        "{body}"
    );
    assert_eq!(response.retry_after(), Some(2));
    assert_eq!(response.challenge(), None);
}

#[tokio::test]
async fn changes_without_d1_return_503_and_have_no_effect() {
    for fault in [Fault::d1().fails(), Fault::d1().hangs()] {
        let app = App::shared();
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let link = ada.reset_link().await;
        let fault = app.fault(fault).await;
        let start = Instant::now();
        let (login, refresh, logout, set_password) = tokio::join!(
            ada.login(),
            session.refresh(),
            session.logout(),
            app.anonymous().set_password(&link, NEW_PASSWORD),
        );
        for response in [&login, &refresh, &logout, &set_password] {
            assert_unavailable(response);
        }
        assert!(start.elapsed() < Duration::from_secs(20));
        fault.remove().await;

        assert_eq!(session.column("generation").await, 0);
        assert!(!session.is_revoked().await);
        assert_eq!(ada.sessions_where("true").await, 1);
        session.validate().await.assert_status(200);
        ada.login().await.assert_status(200);
        let next = session.refreshed().await;
        app.anonymous()
            .set_password(&link, NEW_PASSWORD)
            .await
            .assert_status(200);
        assert_refused(&[&next]).await;
        next.logout().await.assert_status(200);
    }
}

#[tokio::test]
async fn requests_without_d1_return_503_in_the_format_of_their_route() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(300 + 901).await;
    app.fault(Fault::d1().fails()).await;
    for (response, field) in [
        (session.validate().await, "message"),
        (session.logout().await, "message"),
        (session.me().await, "detail"),
        (session.refresh().await, "detail"),
    ] {
        assert_unavailable(&response);
        assert_eq!(response.json()[field], "Service temporarily unavailable");
        let recorded = response.recorded().await;
        assert!(
            recorded.logged("error", "d1_unavailable"),
            "{:?}",
            recorded.logs
        );
    }
}

#[tokio::test]
async fn cached_session_is_valid_fifteen_minutes_longer_without_d1() {
    use_cached_session(Fault::d1().fails()).await;
}

#[tokio::test]
#[ignore = "slow: 3 timeouts of D1"]
async fn cached_session_is_valid_fifteen_minutes_longer_while_d1_hangs() {
    use_cached_session(Fault::d1().hangs()).await;
}

async fn use_cached_session(fault: Fault) {
    for app in App::shared().of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        let fault = app.fault(fault.clone()).await;
        for (seconds, status) in [(10, 200), (301, 200), (300 + 880, 200), (300 + 901, 503)] {
            app.shift_clock(seconds).await;
            let (validate, me) = tokio::join!(session.validate(), session.me());
            for response in [validate, me] {
                assert_eq!(
                    response.status,
                    status,
                    "after {seconds} s: {}",
                    response.text()
                );
            }
        }
        fault.remove().await;
        for response in [session.validate().await, session.me().await] {
            response.assert_status(200);
        }
    }
}

#[tokio::test]
async fn rotated_out_token_is_not_valid_longer_without_d1() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    app.fault(Fault::d1().fails()).await;
    app.shift_clock(32).await;
    assert_unavailable(&first.validate().await);
    second.validate().await.assert_status(200);
}

#[tokio::test]
async fn session_expires_at_its_end_without_d1() {
    for app in App::shared().of_each_kind() {
        let session = app.admin("ada").await.sign_in().await;
        app.shift_clock(86_400 - 60).await;
        session.validate().await.assert_status(200).recorded().await;
        app.fault(Fault::d1().fails()).await;
        app.shift_clock(86_400 - 5).await;
        session.validate().await.assert_status(200);
        app.shift_clock(86_400 + 10).await;
        let response = session.validate().await;
        match app.kind() {
            // The token itself is still accepted, because of the leeway.
            SessionKind::Token => assert_unavailable(&response),
            SessionKind::Cookie => drop(response.assert_error(401, "invalid_token")),
        }
        app.shift_clock(86_400 + 31).await;
        session.validate().await.assert_status(401);
    }
}

#[tokio::test]
async fn revoked_session_stays_revoked_without_d1() {
    for app in App::shared().of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        session.logout().await.assert_status(200).recorded().await;
        app.fault(Fault::d1().fails()).await;
        for response in [session.validate().await, session.me().await] {
            response.assert_status(401);
        }
    }
}

#[tokio::test]
async fn requests_that_need_no_store_succeed_without_d1() {
    let app = App::shared();
    app.fault(Fault::d1().fails()).await;
    app.anonymous().logout().await.assert_status(200);
    app.with_token("no.such.token")
        .logout()
        .await
        .assert_status(200);
    app.with_token("no.such.token")
        .validate()
        .await
        .assert_status(401);
    app.with_token("no.such.token")
        .refresh()
        .await
        .assert_status(401);
    let empty = app.post("/api/auth/login").json(&json!({}));
    empty.await.assert_status(400);
    app.anonymous().openapi().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn routes_work_without_kv() {
    use_routes_without_kv(Fault::kv().fails()).await;
}

#[tokio::test]
#[ignore = "slow: a timeout of KV on each route"]
async fn routes_work_while_kv_hangs() {
    use_routes_without_kv(Fault::kv().hangs()).await;
}

async fn use_routes_without_kv(fault: Fault) {
    let app = App::shared();
    let ada = app.user("ada").await;
    let other = ada.sign_in().await;
    let link = ada.reset_link().await;
    let fault = app.fault(fault).await;
    let start = Instant::now();
    let first = ada.login().await.session();
    for response in [first.validate().await, first.me().await] {
        response.assert_status(200);
    }
    let second = first.refresh().await.session();
    second.logout().await.assert_status(200);
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(200);
    // The three sessions are revoked concurrently.
    assert!(start.elapsed() < Duration::from_secs(16));
    assert_refused(&[&first, &second, &other]).await;
    fault.remove().await;
    app.remove_faults().await;
    let response = ada.login_with(NEW_PASSWORD).await;
    let session = response.session();
    response.recorded().await;
    let recorded = session.validate().await.recorded().await;
    assert_eq!((recorded.d1(), recorded.kv_reads()), (0, 1));
}

#[tokio::test]
#[ignore = "slow"]
async fn requests_without_both_stores_return_503() {
    for (d1, kv) in [
        (Fault::d1().fails(), Fault::kv().fails()),
        (Fault::d1().hangs(), Fault::kv().hangs()),
    ] {
        let app = App::shared();
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        app.fault(d1).await;
        app.fault(kv).await;
        let (validate, me, refresh, logout, login) = tokio::join!(
            session.validate(),
            session.me(),
            session.refresh(),
            session.logout(),
            ada.login(),
        );
        for response in [&validate, &me, &refresh, &logout, &login] {
            assert_unavailable(response);
        }
        app.remove_faults().await;
        session.validate().await.assert_status(200);
        session.refresh().await.assert_status(200);
    }
}

#[tokio::test]
async fn unavailable_store_returns_the_documented_503() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    for fault in [Fault::d1().fails(), Fault::kv().fails()] {
        app.fault(fault).await;
    }
    let response = session.validate().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    503
    edge-auth-error: storage_unavailable
    retry-after: 2
    {
      "success": false,
      "message": "Service temporarily unavailable"
    }
    "#);
    let response = session.me().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    503
    {
      "detail": "Service temporarily unavailable"
    }
    "#);
    let link = json!({ "token": "x", "password": "y" });
    for request in [
        ada.login(),
        session.logout(),
        session.refresh(),
        app.post("/api/auth/set-password").json(&link),
    ] {
        let response = request.await;
        response.assert_status(503);
        assert_eq!(response.retry_after(), Some(2));
    }
    // These requests need no store.
    app.anonymous().openapi().await.assert_status(200);
    app.anonymous().me().await.assert_status(401);
    app.anonymous().logout().await.assert_status(200);
    app.remove_faults().await;
    session.validate().await.assert_status(200);
}
