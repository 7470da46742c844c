//! `POST /api/auth/sign-in/enrol`: add the first factor in a sign-in, because the policy demands one.

use crate::support::{App, Authenticator, Vars};
use serde_json::json;

fn demanding() -> App {
    App::with(Vars::new().set("MFA_POLICY", "required"))
}

#[tokio::test]
async fn user_without_a_factor_adds_one_time_codes_in_the_sign_in() {
    let app = demanding();
    let ada = app.user("ada").await;
    for kind in ["cookie", "token"] {
        let ada = app.user("ada").await;
        let pending = ada.first_step(kind).await;
        assert_eq!(pending.methods, json!([]));
        assert_eq!(pending.enrol, json!(["passkey", "totp"]));
        let caller = app.anonymous();
        let response = caller.enrol_totp(&pending).await;
        let body = response.assert_status(200).json();
        let secret = body["secret"].as_str().expect("a secret");
        let uri = body["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(secret));
        let authenticator = Authenticator::new(&app, secret);
        let code = authenticator.code().await;
        let response = caller.verify(&pending, "totp", &code).await;
        let codes = response.list("recovery_codes");
        assert_eq!(codes.len(), 10);
        assert_eq!(response.session().statuses().await, [200; 3]);
        for kind in ["totp_added", "recovery_codes_created", "sign_in"] {
            assert_eq!(ada.audit_entries(kind).await, 1, "{kind}");
        }
        assert_eq!(ada.row("has_factor").await["has_factor"], 1);
        // A recovery code works at once.
        app.skip_back_off().await;
        let code = codes[3].as_str().expect("a code").to_owned();
        ada.sign_in_with_code("token", "recovery_code", &code).await;
    }
    let pending = ada.first_step("token").await;
    let response = app.anonymous().verify(&pending, "totp", "123456").await;
    response.assert_error(401, "invalid_second_factor");
}

#[tokio::test]
async fn wrong_code_adds_nothing() {
    let app = demanding();
    let ada = app.user("ada").await;
    let pending = ada.first_step("token").await;
    let caller = app.anonymous();
    let body = caller.enrol_totp(&pending).await.json();
    let authenticator = Authenticator::new(&app, body["secret"].as_str().expect("a secret"));
    let wrong = authenticator.wrong_code().await;
    let response = caller.verify(&pending, "totp", &wrong).await;
    response.assert_error(401, "invalid_second_factor");
    assert_eq!(ada.row("has_factor").await["has_factor"], 0);
    assert_eq!(ada.sessions_where("true").await, 0);
    // Each call replaces the secret, and is not counted.
    for _ in 0..7 {
        caller.enrol_totp(&pending).await.assert_status(200);
    }
    app.skip_back_off().await;
    let code = authenticator.code().await;
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_error(401, "invalid_second_factor");
}

#[tokio::test]
async fn user_who_has_a_factor_cannot_add_one_before_showing_it() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let pending = ada.first_step("token").await;
    let response = app.anonymous().enrol_totp(&pending).await;
    response.assert_error(409, "factor_exists");
}

#[tokio::test]
async fn expired_sign_in_cannot_add_a_factor() {
    let app = demanding();
    let ada = app.user("ada").await;
    let pending = ada.first_step("cookie").await;
    let mut elsewhere = pending.clone();
    elsewhere.browser = None;
    let response = app.anonymous().enrol_totp(&elsewhere).await;
    response.assert_error(401, "pending_sign_in_expired");
    app.shift_clock(301).await;
    let response = app.anonymous().enrol_totp(&pending).await;
    response.assert_error(401, "pending_sign_in_expired");
    let rows = app
        .count(
            "SELECT count(*) AS n FROM totp WHERE user_id = ?1",
            [ada.id],
        )
        .await;
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn policy_of_administrators_demands_a_factor_of_them_only() {
    let app = App::with(Vars::new().set("MFA_POLICY", "admins"));
    for (role, is_demanded) in [("user", false), ("admin", true), ("super_admin", true)] {
        let user = app.new_user(role).role(role).create().await;
        let response = app
            .anonymous()
            .sign_in("token", &user.username, &user.password)
            .await;
        let status = &response.assert_status(200).json()["status"];
        assert_eq!(status == "second_factor_required", is_demanded, "{role}");
        app.skip_back_off().await;
        let login = user.login().await;
        assert_eq!(login.status, if is_demanded { 401 } else { 200 }, "{role}");
    }
}
