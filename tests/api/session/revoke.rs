//! `DELETE /api/auth/sessions/{id}`: revoke one of the user's sessions. Also the common behaviour of this route,
//! `/sessions` and `/logout-all`.

use crate::support::{App, Fault, assert_refused};

#[tokio::test]
async fn revoke_of_a_session_is_idempotent() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (lost, own) = (ada.sign_in().await, ada.sign_in().await);
    let response = own.revoke_session(&lost.session_id()).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Session ended"
    }
    "#);
    assert_eq!(lost.statuses().await, [401; 3]);
    own.validate().await.assert_status(200);
    // A client whose response was lost repeats the request.
    own.revoke_session(&lost.session_id())
        .await
        .assert_status(200);
    let entries = ada.audit_entries("session_revoked").await;
    assert_eq!(entries, 1);
    own.revoke_session(&own.session_id())
        .await
        .assert_status(200);
    own.revoke_session(&own.session_id())
        .await
        .assert_status(401);
}

#[tokio::test]
async fn repeated_revoke_writes_nothing() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (lost, own) = (ada.sign_in().await, ada.sign_in().await);
    own.revoke_session(&lost.session_id())
        .await
        .assert_status(200);
    for _ in 0..3 {
        let again = own.revoke_session(&lost.session_id()).await;
        let recorded = again.assert_status(200).recorded().await;
        assert_eq!(recorded.kv_writes(), 0, "{:?}", recorded.calls);
    }
    assert_eq!(ada.audit_entries("session_revoked").await, 1);
}

#[tokio::test]
async fn revoke_of_a_session_of_another_user_returns_404() {
    let app = App::shared();
    let (ada, eve) = (app.super_admin("ada").await, app.super_admin("eve").await);
    let (adas, eves) = (ada.sign_in().await, eve.sign_in().await);
    for id in [
        adas.session_id().as_str(),
        &adas.session_id().to_uppercase(),
        &"0".repeat(64),
        "x",
        "%27%20OR%201=1",
        "..%2f",
        &"9".repeat(3_000),
    ] {
        let response = eves.revoke_session(id).await;
        response.assert_status(404);
        assert_eq!(response.message(), "Not found");
    }
    assert_eq!(ada.audit_entries("session_revoked").await, 0);
    assert_eq!(adas.statuses().await, [200; 3]);
}

#[tokio::test]
async fn revoke_with_an_id_that_is_not_one_segment_returns_404() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    for path in [
        "/api/auth/sessions/",
        "/api/auth/sessions/a/b",
        "/api/auth/sessionsx",
        "/api/auth/sessions//",
    ] {
        session.request("DELETE", path).await.assert_status(404);
    }
    let response = session.get("/api/auth/sessions/abc").await;
    response.assert_status(405);
    assert_eq!(response.header("allow"), Some("DELETE"));
    session
        .request("DELETE", "/api/auth/sessions")
        .await
        .assert_status(405);
}

#[tokio::test]
async fn session_routes_without_a_live_session_return_401() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let id = session.session_id();
    let path = format!("/api/auth/sessions/{id}");
    for (method, path) in [
        ("GET", "/api/auth/sessions"),
        ("DELETE", path.as_str()),
        ("POST", "/api/auth/logout-all"),
    ] {
        app.request(method, path).await.assert_status(401);
        app.request(method, path)
            .bearer("x.y.z")
            .await
            .assert_status(401);
    }
    // These routes read D1, although the cached session is still valid.
    ada.disable().await;
    for (method, path) in [
        ("GET", "/api/auth/sessions"),
        ("DELETE", path.as_str()),
        ("POST", "/api/auth/logout-all"),
    ] {
        session.request(method, path).await.assert_status(401);
    }
}

#[tokio::test]
async fn revoke_and_logout_all_that_d1_does_not_confirm_return_503() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (lost, own) = (ada.sign_in().await, ada.sign_in().await);
    for matching in ["UPDATE sessions", "INTO audit"] {
        let fault = app.fault(Fault::d1().matching(matching).fails()).await;
        own.revoke_session(&lost.session_id())
            .await
            .assert_status(503);
        own.logout_all().await.assert_status(503);
        fault.remove().await;
    }
    assert_eq!(lost.statuses().await, [200; 3]);
    // D1 revoked the sessions, but its response was lost.
    let fault = app
        .fault(
            Fault::d1()
                .matching("UPDATE sessions")
                .times(1)
                .loses_response(),
        )
        .await;
    own.logout_all().await.assert_status(503);
    fault.remove().await;
    own.refresh().await.assert_status(401);
}

#[tokio::test]
async fn revoke_of_an_unknown_session_has_another_code_than_an_unknown_path() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let response = session.revoke_session(&"0".repeat(64)).await;
    response.assert_error(404, "session_not_found");
    assert_eq!(response.message(), "Not found");
}

#[tokio::test]
async fn revocation_of_the_own_session_deletes_its_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (own, other) = (
        ada.sign_in_with_cookie().await,
        ada.sign_in_with_cookie().await,
    );
    let response = own.revoke_session(&other.session_id()).await;
    assert_eq!(response.assert_status(200).set_cookies(), [""; 0]);
    assert_refused(&[&other]).await;
    let response = own.revoke_session(&own.session_id()).await;
    let cookie = response.assert_status(200).set_session_cookie();
    assert!(cookie.expect("a cookie").contains("=; Path=/; Max-Age=0;"));
    assert_refused(&[&own]).await;
}
