//! `POST /api/auth/sign-in/verify`: complete a sign-in with a second factor.

use crate::support::{App, Vars};
use serde_json::json;

#[tokio::test]
async fn sign_in_of_a_user_with_one_time_codes_waits_for_one() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    ada.add_recovery_codes(1).await;
    let caller = app.anonymous();
    for (kind, binds_browser) in [("token", false), ("cookie", true)] {
        let response = caller.sign_in(kind, &ada.username, &ada.password).await;
        let pending = response.pending();
        assert_eq!(pending.methods, json!(["totp", "recovery_code"]));
        assert_eq!(pending.enrol, json!([]));
        assert_eq!(pending.browser.is_some(), binds_browser);
        assert_eq!(response.set_cookies().len(), usize::from(binds_browser));
        assert!(response.json()["token"].is_null());
        app.skip_back_off().await;
    }
    assert_eq!(ada.sessions_where("true").await, 0);
    assert_eq!(ada.audit_entries("sign_in").await, 0);
    // An attacker who knows the password leaves a trace, also without sending a code.
    let details = ada.audit_details("second_factor_required").await;
    assert_eq!(details, ["password", "password"]);
}

#[tokio::test]
async fn cookie_of_the_browser_is_strict_and_lasts_ten_minutes() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let response = app
        .anonymous()
        .sign_in("cookie", &ada.username, &ada.password)
        .await;
    let cookie = response.set_cookies().remove(0);
    let (pair, attributes) = cookie.split_once(';').expect("attributes");
    let (name, value) = pair.split_once('=').expect("a pair");
    let port = app.session_cookie_name().replace("session", "browser");
    assert_eq!((name, value.len()), (port.as_str(), 22));
    assert_eq!(
        attributes,
        " Path=/; Max-Age=600; HttpOnly; SameSite=Strict"
    );
}

#[tokio::test]
async fn code_completes_the_sign_in() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    for kind in ["token", "cookie"] {
        let pending = ada.first_step(kind).await;
        let code = authenticator.code().await;
        let response = app.anonymous().verify(&pending, "totp", &code).await;
        let body = response.assert_status(200).json();
        assert_eq!(body["status"], "signed_in");
        assert_eq!(body["user"]["id"], ada.id);
        assert_eq!(body["method"], "password");
        assert_eq!(body["recovery_codes"], json!(null));
        assert_eq!(body["token"].is_null(), kind == "cookie");
        assert_eq!(response.set_session_cookie().is_some(), kind == "cookie");
        assert!(response.cookie().starts_with("edge-auth-device="));
        let session = response.session();
        assert_eq!(session.statuses().await, [200; 3]);
        assert_eq!(session.column("factor").await, "totp");
        let details = ada.audit_details("sign_in").await;
        assert_eq!(details.last(), Some(&json!("password, totp")));
        app.shift_clock(app.clock() + 61).await;
    }
    assert_eq!(ada.wrong_codes().await, 0);
}

#[tokio::test]
async fn recovery_code_completes_the_sign_in_once() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let codes = ada.add_recovery_codes(2).await;
    let spelled = codes[0].to_uppercase().replace('-', " ");
    let session = ada
        .sign_in_with_code("token", "recovery_code", &spelled)
        .await;
    assert_eq!(session.column("factor").await, "recovery_code");
    assert_eq!(ada.audit_entries("recovery_code_used").await, 1);
    app.skip_back_off().await;
    let pending = ada.first_step("token").await;
    let again = app.anonymous();
    let response = again.verify(&pending, "recovery_code", &codes[0]).await;
    response.assert_error(401, "invalid_second_factor");
    app.skip_back_off().await;
    let response = again.verify(&pending, "recovery_code", &codes[1]).await;
    response.assert_status(200);
}

#[tokio::test]
async fn wrong_code_is_refused_audited_and_counted() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let wrong = authenticator.wrong_code().await;
    let pending = ada.first_step("token").await;
    let caller = app.anonymous();
    let response = caller.verify(&pending, "totp", &wrong).await;
    response.assert_error(401, "invalid_second_factor");
    assert_eq!(response.message(), "Invalid code");
    assert_eq!(ada.wrong_codes().await, 1);
    assert_eq!(ada.audit_details("factor_failed").await, ["sign-in: totp"]);
    for method in ["totp", "recovery_code"] {
        let response = caller.verify(&pending, method, "0123-4567-89ab-c").await;
        assert_eq!(response.back_off(), 1);
    }
    app.skip_back_off().await;
    let response = caller
        .verify(&pending, "recovery_code", "0123-4567-89ab-c")
        .await;
    response.assert_error(401, "invalid_second_factor");
    assert_eq!(caller.verify(&pending, "totp", &wrong).await.back_off(), 3);
    // A password does not remove the counter.
    app.skip_back_off().await;
    ada.first_step("token").await;
    assert_eq!(ada.wrong_codes().await, 2);
    app.skip_back_off().await;
    let code = authenticator.code().await;
    let pending = ada.first_step("token").await;
    caller
        .verify(&pending, "totp", &code)
        .await
        .assert_status(200);
    assert_eq!(ada.wrong_codes().await, 0);
}

#[tokio::test]
async fn pending_sign_in_that_is_unknown_used_or_old_has_expired() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let (caller, code) = (app.anonymous(), authenticator.code().await);
    let pending = ada.first_step("token").await;
    let mut unknown = pending.clone();
    unknown.secret = "x".repeat(43);
    let response = caller.verify(&unknown, "totp", &code).await;
    response.assert_error(401, "pending_sign_in_expired");
    assert_eq!(response.message(), "Sign-in expired. Start again");
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_status(200);
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_error(401, "pending_sign_in_expired");
    let pending = ada.first_step("token").await;
    app.shift_clock(app.clock() + 301).await;
    let code = authenticator.code().await;
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_error(401, "pending_sign_in_expired");
    assert_eq!(ada.wrong_codes().await, 0);
}

#[tokio::test]
async fn session_cookie_is_set_for_own_and_allowed_pages_only() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let pending = ada.first_step("cookie").await;
    let browser = pending.browser.clone().expect("a cookie");
    let code = authenticator.code().await;
    let body = json!({ "pending": pending.secret, "method": "totp", "code": code });
    let request = || {
        let request = app.post("/api/auth/sign-in/verify").cookie(&browser);
        request.json(&body)
    };
    for origin in [None, Some("https://attacker.example"), Some("null")] {
        let request = match origin {
            Some(origin) => request().header("origin", origin),
            None => request(),
        };
        let response = request.await;
        response.assert_error(403, "cross_site_request");
        assert_eq!(response.set_cookies(), [""; 0]);
        app.skip_back_off().await;
    }
    let body =
        json!({ "pending": pending.secret, "method": "totp", "code": authenticator.code().await });
    let response = app
        .post("/api/auth/sign-in/verify")
        .cookie(&browser)
        .json(&body)
        .header("origin", "https://app.example.com")
        .await;
    let session = response.cookie_session();
    session.me().await.assert_status(200);
}

#[tokio::test]
async fn completed_sign_in_replaces_the_cookie_session_of_the_browser() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let earlier = ada.sign_in_with_cookie().await;
    let authenticator = ada.add_totp().await;
    let pending = ada.first_step("cookie").await;
    let code = authenticator.code().await;
    let body = json!({ "pending": pending.secret, "method": "totp", "code": code });
    let cookies = format!(
        "{}; {}={}",
        pending.browser.expect("a cookie"),
        app.session_cookie_name(),
        earlier.session_cookie()
    );
    let response = app
        .post("/api/auth/sign-in/verify")
        .same_origin()
        .cookie(&cookies)
        .json(&body)
        .await;
    response.cookie_session();
    assert!(earlier.is_revoked().await);
}

#[tokio::test]
async fn request_without_a_code_or_with_another_method_returns_400() {
    let app = App::shared();
    for (body, code) in [
        (json!({ "pending": "x" }), "missing_field"),
        (json!({ "method": "totp", "code": "1" }), "missing_field"),
        (
            json!({ "pending": "", "method": "totp", "code": "1" }),
            "missing_field",
        ),
        (json!({ "pending": "x", "method": "totp" }), "missing_field"),
        (
            json!({ "pending": "x", "method": "totp", "code": "" }),
            "missing_field",
        ),
        (
            json!({ "pending": "x", "method": "password", "code": "1" }),
            "invalid_field",
        ),
    ] {
        let response = app.post("/api/auth/sign-in/verify").json(&body).await;
        response.assert_error(400, code);
    }
}

/// The specification of this route has no second step.
#[tokio::test]
async fn login_refuses_a_user_with_a_factor_and_counts_the_attempt() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let response = ada.login().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    401
    edge-auth-error: second_factor_required
    www-authenticate: Bearer realm="edge-auth"
    {
      "success": false,
      "message": "Second factor required"
    }
    "#);
    assert_eq!(
        ada.audit_details("sign_in_failed").await,
        ["password: second factor required"]
    );
    assert!(
        ada.login().await.back_off() > 0,
        "the attempt stays counted"
    );
    assert_eq!(ada.failures().await, 1);
    app.skip_back_off().await;
    ada.guess().await.assert_error(401, "invalid_credentials");
    assert_eq!(ada.sessions_where("true").await, 0);
}

#[tokio::test]
async fn without_a_factor_key_one_time_codes_are_neither_offered_nor_accepted() {
    let vars = Vars::new()
        .without("FACTOR_KEY")
        .set("MFA_POLICY", "required");
    let app = App::with(vars);
    let ada = app.user("ada").await;
    let pending = ada.first_step("token").await;
    assert_eq!(pending.enrol, json!(["passkey"]));
    let response = app.anonymous().enrol_totp(&pending).await;
    response.assert_error(409, "totp_unavailable");
}
