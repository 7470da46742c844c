//! `POST /api/auth/change-password`: replace the current password.

use crate::support::failures::set_failures;
use crate::support::{App, Fault, NEW_PASSWORD, PASSWORD};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn change_password_replaces_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let response = session.change_password(PASSWORD, NEW_PASSWORD).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Password changed"
    }
    "#);
    app.skip_back_off().await;
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
    app.skip_back_off().await;
    ada.login_with(PASSWORD).await.assert_status(401);
}

#[tokio::test]
async fn change_password_revokes_other_sessions_and_reset_links() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (other, own, of_bob) = (
        ada.sign_in().await,
        ada.sign_in().await,
        bob.sign_in().await,
    );
    let link = ada.reset_link().await;
    let link_of_bob = bob.reset_link().await;
    let own = own.refreshed().await;
    let response = own.change_password(PASSWORD, NEW_PASSWORD).await;
    response.assert_status(200).recorded().await;
    other.validate().await.assert_status(401);
    other.refresh().await.assert_status(401);
    // The cached session has the changed user.
    let updated_at = ada.row("updated_at").await["updated_at"].clone();
    assert_eq!(own.validate().await.user()["updated_at"], updated_at);
    own.refresh().await.assert_status(200);
    of_bob.validate().await.assert_status(200);
    let set_password = |link: &str| app.anonymous().set_password(link, NEW_PASSWORD);
    set_password(&link).await.assert_status(400);
    set_password(&link_of_bob).await.assert_status(200);
}

#[tokio::test]
async fn change_password_is_audited() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (_, own) = (ada.sign_in().await, ada.sign_in().await);
    own.change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
    let sql = "SELECT kind, detail, actor FROM audit WHERE subject = ?1 AND kind <> 'sign_in' ORDER BY number";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(
        rows,
        [
            json!({ "kind": "password_set", "detail": "change", "actor": ada.id }),
            json!({ "kind": "session_revoked", "detail": "password_set", "actor": ada.id })
        ]
    );
}

#[tokio::test]
async fn wrong_current_password_returns_400_and_starts_back_off() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let before = ada.password_hash().await;
    let response = session.change_password("wrong", NEW_PASSWORD).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Current password is incorrect"
    }
    "#);
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(429);
    assert_eq!(ada.password_hash().await, before);
    // The failure does not affect signing in.
    ada.login().await.assert_status(200);
    app.skip_back_off().await;
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn hundred_wrong_passwords_lock_the_change_in_this_session_only() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (stolen, own) = (ada.sign_in().await, ada.sign_in().await);
    let key = format!("session:{}", stolen.session_id());
    set_failures(&app, &key, 99).await;
    stolen
        .change_password("wrong", NEW_PASSWORD)
        .await
        .assert_status(400);
    app.shift_clock(11).await;
    stolen
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(400);
    let sql =
        "SELECT outcome, detail FROM audit WHERE subject = ?1 AND kind = 'password_change_failed'";
    assert_eq!(
        app.sql(sql, [ada.id.clone()]).await,
        [json!({ "outcome": "failure", "detail": "wrong; locked in this session now" })]
    );
    own.change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
    stolen.refresh().await.assert_status(401);
}

#[tokio::test]
async fn change_password_unlocks_the_account() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.set_failures(100).await;
    app.skip_back_off().await;
    ada.login_with(PASSWORD).await.assert_status(401);
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
    app.skip_back_off().await;
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn weak_new_password_returns_400_and_is_not_counted_as_a_failure() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    for new in [
        "short",
        "passwordpassword",
        &"x".repeat(200),
        &format!("{} {0}", ada.username),
    ] {
        let response = session.change_password("wrong", new).await;
        response.assert_status(400);
        let message = response.message();
        assert_ne!(message, "Current password is incorrect", "{new}");
    }
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn change_password_of_a_federated_user_returns_400() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.make_federated().await;
    let before = ada.password_hash().await;
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(400);
    assert_eq!(ada.password_hash().await, before);
}

#[tokio::test]
async fn change_password_that_d1_does_not_confirm_returns_503_and_changes_nothing() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (other, own) = (ada.sign_in().await, ada.sign_in().await);
    let before = ada.password_hash().await;
    for matching in [
        "UPDATE users",
        "DELETE FROM password_links",
        "INTO audit",
        "sign_in_attempts",
    ] {
        let fault = app.fault(Fault::d1().matching(matching).fails()).await;
        own.change_password(PASSWORD, NEW_PASSWORD)
            .await
            .assert_status(503);
        fault.remove().await;
        app.skip_back_off().await;
    }
    assert_eq!(ada.password_hash().await, before);
    other.refresh().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn change_password_waits_for_slow_stores() {
    change_password_with_slow_stores(400).await;
}

#[tokio::test]
#[ignore = "slow: four calls to D1, each just below its timeout"]
async fn change_password_waits_for_stores_just_below_their_timeout() {
    change_password_with_slow_stores(4_600).await;
}

/// A change while each call to D1 takes this number of milliseconds.
async fn change_password_with_slow_stores(delay: u32) {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (other, own) = (ada.sign_in().await, ada.sign_in().await);
    // The timeout of D1 is five seconds per call. A write to KV has one second, and is retried once.
    app.fault(Fault::d1().delays(delay)).await;
    app.fault(Fault::kv_writes().fails()).await;
    let start = Instant::now();
    own.change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
    let calls = 4;
    assert!(start.elapsed() > Duration::from_millis((calls * delay).into()));
    app.remove_faults().await;
    app.skip_back_off().await;
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
    other.refresh().await.assert_status(401);
}

#[tokio::test]
async fn change_password_without_a_token_or_with_an_invalid_body_is_refused() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let anonymous = app.anonymous();
    let response = anonymous.change_password(PASSWORD, NEW_PASSWORD).await;
    response.assert_status(401);
    let post = || session.post("/api/auth/change-password");
    for bad in [
        json!({}),
        json!({ "current_password": PASSWORD }),
        json!({ "current_password": 1, "new_password": NEW_PASSWORD }),
    ] {
        let response = post().json(&bad).await;
        response.assert_status(400);
        assert_eq!(response.message(), "Invalid request body");
    }
    post().body("{}").await.assert_status(415);
    post()
        .json(&json!({ "x": "x".repeat(20_000) }))
        .await
        .assert_status(413);
}
