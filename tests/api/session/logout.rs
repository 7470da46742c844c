//! `POST /api/auth/logout`: revoke the session of the token.

use crate::support::{App, Caller, Fault, assert_refused, revoked};
use serde_json::{Value, json};

#[tokio::test]
async fn logout_returns_the_documented_body() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    insta::assert_snapshot!(session.logout().await.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "Logged out"
    }
    "#);
}

#[tokio::test]
async fn logout_revokes_the_session_on_every_route() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    assert_eq!(session.statuses().await, [200; 3]);
    session.logout().await.assert_status(200);
    assert_eq!(session.statuses().await, [401; 3]);
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn logout_keeps_other_sessions_of_the_user() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (here, there) = (ada.sign_in().await, ada.sign_in().await);
    here.logout().await.assert_status(200);
    assert_eq!(here.statuses().await, [401; 3]);
    assert_eq!(there.statuses().await, [200; 3]);
}

#[tokio::test]
async fn logout_without_a_valid_token_returns_200_without_reading_d1() {
    let app = App::shared();
    let fault = app.fault(Fault::d1().fails()).await;
    let mut responses = vec![app.anonymous().logout().await];
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "Basic YTpi",
        "Bearer a.b.c",
    ] {
        let request = app.anonymous().logout().header("authorization", header);
        responses.push(request.await);
    }
    for response in &responses {
        response.assert_status(200);
        assert_eq!(response.snapshot(), responses[0].snapshot());
    }
    assert_eq!(fault.hits().await, 0, "no session is looked up");
}

#[tokio::test]
async fn repeated_logout_returns_the_same_response_and_keeps_revoked_at() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let first = session.logout().await.snapshot();
    let sql = "SELECT revoked_at FROM sessions WHERE user_id = ?1";
    let revoked_at = app.sql(sql, [ada.id.clone()]).await;
    app.shift_clock(60).await;
    assert_eq!(session.logout().await.snapshot(), first);
    assert_eq!(app.sql(sql, [ada.id.clone()]).await, revoked_at);
}

/// Everything that D1 and KV store about a session.
async fn stored(app: &App, session: &Caller) -> Value {
    let id = session.session_id();
    let row = app
        .sql("SELECT * FROM sessions WHERE id = ?1", [id.clone()])
        .await;
    let entries = app
        .sql("SELECT * FROM audit WHERE session = ?1", [id.clone()])
        .await;
    let mut values = Vec::new();
    for key in app.kv_list(&format!("session:{id}:")).await {
        values.push(app.kv_get(&key).await);
    }
    json!([row, entries, values])
}

#[tokio::test]
async fn repeated_logout_writes_nothing() {
    let app = App::shared();
    let ada = app.user("ada").await;
    // A current token, one that was just rotated out, one that was rotated out earlier, and expired ones.
    for (rotations, seconds) in [(0, 0), (1, 0), (2, 60), (0, 100_000), (1, 100_000)] {
        app.shift_clock(0).await;
        let session = ada.sign_in().await;
        let mut current = session.clone();
        for _ in 0..rotations {
            current = current.refreshed().await;
        }
        app.shift_clock(seconds).await;
        let first = session.logout().await;
        first.assert_status(200).recorded().await;
        let before = stored(&app, &session).await;
        for session in [&session, &current, &session] {
            app.shift_clock(app.clock() + 2).await;
            let again = session.logout().await;
            assert_eq!(again.snapshot(), first.snapshot());
            let recorded = again.recorded().await;
            assert_eq!(
                recorded.kv_writes(),
                0,
                "{rotations} {seconds}: {:?}",
                recorded.calls
            );
            assert_eq!(stored(&app, session).await, before, "{rotations} {seconds}");
        }
    }
}

#[tokio::test]
async fn logout_with_an_expired_token_revokes_the_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    app.shift_clock(86_400 + 3_600).await;
    assert_eq!(session.statuses().await, [401; 3]);
    assert_eq!(ada.live_sessions().await, 1);
    session.logout().await.assert_status(200);
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn logout_with_a_rotated_out_token_revokes_the_session_and_the_current_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let old = ada.sign_in().await;
    let new = old.refreshed().await;
    app.shift_clock(60).await;
    old.logout().await.assert_status(200);
    assert_refused(&[&new, &old]).await;
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn logout_with_an_expired_rotated_out_token_revokes_the_current_token() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    app.shift_clock(80_000).await;
    let second = first.refreshed().await;
    app.shift_clock(100_000).await;
    first.logout().await.assert_status(200);
    assert_refused(&[&second]).await;
}

#[tokio::test]
async fn logout_overwrites_the_cached_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let entry = session.cached_session().await.expect("a cached session");
    assert!(entry["fresh_until"].is_number(), "{entry}");
    session.logout().await.assert_status(200);
    assert_eq!(session.cached_session().await, Some(revoked()));
}

#[tokio::test]
#[ignore = "slow"]
async fn logout_that_d1_does_not_confirm_returns_503_and_keeps_the_session() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for fault in [Fault::d1().fails(), Fault::d1().hangs()] {
        let fault = app.fault(fault).await;
        let response = session.logout().await;
        response.assert_status(503);
        assert!(response.retry_after().is_some());
        fault.remove().await;
        assert_eq!(session.me().await.status, 200);
    }
    session.logout().await.assert_status(200);
    assert_eq!(session.statuses().await, [401; 3]);
}

#[tokio::test]
async fn logout_after_a_lost_response_of_d1_returns_200() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    app.fault(Fault::d1().times(1).loses_response()).await;
    session.logout().await.assert_status(503);
    session.logout().await.assert_status(200);
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn logout_while_kv_fails_revokes_the_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    app.fault(Fault::kv().fails()).await;
    session.logout().await.assert_status(200);
    assert_eq!(ada.live_sessions().await, 0);
    assert_eq!(session.statuses().await, [401; 3]);
}

#[tokio::test]
async fn logout_ignores_its_body() {
    let app = App::shared();
    for body in ["", "{}", "not JSON"] {
        let response = app.anonymous().logout().body(body).await;
        response.assert_status(200);
    }
}

#[tokio::test]
async fn logout_with_a_cookie_revokes_the_session_and_deletes_the_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (session, other) = (
        ada.sign_in_with_cookie().await,
        ada.sign_in_with_cookie().await,
    );
    let response = session.logout().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-session-[port]=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax
    {
      "success": true,
      "message": "Logged out"
    }
    "#);
    assert_refused(&[&session]).await;
    assert_eq!(session.audit_kinds().await, ["sign_in", "sign_out"]);
    assert_eq!(other.statuses().await, [200; 3]);
    // The request may be repeated.
    let again = session.logout().await;
    assert_eq!(again.assert_status(200).json(), response.json());
}

/// It would be deleted by its name.
#[tokio::test]
async fn logout_with_a_replaced_cookie_keeps_the_cookie_of_the_new_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in_with_cookie().await;
    let response = first.sign_in("cookie", &ada.username, &ada.password).await;
    let second = response.cookie_session();
    let response = first.logout().await;
    assert_eq!(response.assert_status(200).set_cookies(), [""; 0]);
    assert_eq!(second.statuses().await, [200; 3]);
}

#[tokio::test]
async fn logout_with_a_rotated_out_cookie_revokes_the_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in_with_cookie().await;
    let second = first.stepped_up(&ada.password).await;
    app.shift_clock(31).await;
    let response = first.logout().await;
    response.assert_status(200).recorded().await;
    assert_refused(&[&second]).await;
    let kinds = second.audit_kinds().await;
    assert_eq!(kinds, ["sign_in", "step_up", "sign_out"]);
}

#[tokio::test]
async fn logout_with_an_invalid_cookie_deletes_it_and_without_one_sets_none() {
    let app = App::shared();
    let response = app.with_session_cookie("x").logout().await;
    let cookie = response.assert_status(200).set_session_cookie();
    assert!(cookie.expect("a cookie").contains("=; Path=/; Max-Age=0;"));
    for response in [
        app.anonymous().logout().same_origin().await,
        // A page of another site cannot sign a user out.
        app.with_session_cookie("x")
            .logout()
            .header("sec-fetch-site", "cross-site")
            .await,
    ] {
        assert_eq!(response.assert_status(200).set_cookies(), [""; 0]);
    }
}
