//! `SESSION_CONSISTENCY=strict`: D1 is read for every request, and KV is neither read nor written.

use crate::support::{App, Fault, Vars, assert_refused};
use serde_json::json;

#[tokio::test]
async fn every_route_reads_d1_and_not_kv() {
    let app = App::with(Vars::strict());
    let ada = app.user("ada").await;
    let response = ada.login().await;
    let session = response.session();
    let refreshed = session.refresh().await;
    for response in [
        response,
        session.validate().await,
        session.me().await,
        refreshed,
    ] {
        let recorded = response.assert_status(200).recorded().await;
        assert!(recorded.d1() > 0, "{:?}", recorded.calls);
        assert_eq!(
            (recorded.kv_reads(), recorded.kv_writes()),
            (0, 0),
            "{:?}",
            recorded.calls
        );
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn logout_applies_at_once_without_kv() {
    for app in App::with(Vars::strict()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        app.fault(Fault::kv().fails()).await;
        session.logout().await.assert_status(200);
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn rotated_out_token_is_refused_after_the_window() {
    let app = App::with(Vars::strict());
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    first.validate().await.assert_status(200);
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
    second.validate().await.assert_status(200);
}

#[tokio::test]
async fn disabled_user_is_refused_at_once() {
    for app in App::with(Vars::strict()).of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        ada.disable().await;
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn changed_role_applies_at_once() {
    for app in App::with(Vars::strict()).of_each_kind() {
        let ada = app.admin("ada").await;
        let session = ada.sign_in().await;
        ada.update("role = 'user'").await;
        assert_eq!(session.validate().await.user()["role"], "user");
    }
}

#[tokio::test]
async fn forged_cached_session_is_ignored() {
    for app in App::with(Vars::strict()).of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let mut user = session.validate().await.user();
        user["role"] = json!("super_admin");
        let far = 253_402_300_799_i64;
        let entry = json!({ "read_at": far, "fresh_until": far, "expires_at": far, "user": user });
        session.write_cached_session(&entry).await;
        assert_eq!(session.validate().await.user()["role"], "user");
        session.logout().await.assert_status(200);
        session.write_cached_session(&entry).await;
        assert_refused(&[&session]).await;
    }
}

#[tokio::test]
async fn requests_without_d1_return_503() {
    for app in App::with(Vars::strict()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        let fault = app.fault(Fault::d1().fails()).await;
        for response in [session.validate().await, session.me().await] {
            response.assert_status(503);
        }
        fault.remove().await;
        session.validate().await.assert_status(200);
    }
}
