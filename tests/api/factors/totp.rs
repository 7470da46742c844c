//! `/api/auth/totp`: create, confirm and remove one-time codes.

use crate::support::{App, Authenticator, Caller, User, Vars};
use serde_json::{Value, json};

async fn signed_in() -> (App, User, Caller) {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    (app, ada, session)
}

async fn create(app: &App, session: &Caller) -> Authenticator {
    let body = session.create_totp().await.assert_status(200).json();
    Authenticator::new(app, body["secret"].as_str().expect("a secret"))
}

#[tokio::test]
async fn one_time_codes_count_once_a_code_has_confirmed_them() {
    let (app, ada, session) = signed_in().await;
    let response = session.create_totp().await;
    let body = response.assert_status(200).json();
    let secret = body["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(secret.len(), 32);
    let expected = format!(
        "otpauth://totp/Edge%20Auth:{}%40example.com?secret={secret}&issuer=Edge%20Auth&algorithm=SHA1&digits=6&period=30",
        ada.username
    );
    assert_eq!(body["uri"], expected);
    assert_eq!(ada.row("has_factor").await["has_factor"], 0);
    ada.sign_in().await;
    let authenticator = Authenticator::new(&app, &secret);
    let response = session.confirm_totp(&authenticator.code().await).await;
    let codes = response.list("recovery_codes");
    assert_eq!(codes.len(), 10);
    let is_code = |code: &Value| {
        let code = code.as_str().expect("a code");
        code.len() == 16 && code.split('-').map(str::len).eq([4, 4, 4, 1])
    };
    assert!(codes.iter().all(is_code), "{codes:?}");
    assert_eq!(ada.row("has_factor").await["has_factor"], 1);
    assert_eq!(ada.audit_entries("totp_added").await, 1);
    assert_eq!(ada.audit_entries("recovery_codes_created").await, 1);
    session.me().await.assert_status(200);
    session.create_totp().await.assert_error(409, "totp_exists");
}

/// The code that confirms the secret also steps the session up.
#[tokio::test]
async fn session_that_adds_the_first_factor_is_stepped_up_with_it() {
    let (app, _, session) = signed_in().await;
    let authenticator = create(&app, &session).await;
    let code = authenticator.code().await;
    session.confirm_totp(&code).await.assert_status(200);
    session.replace_recovery_codes().await.assert_status(200);
    app.shift_clock(310).await;
    let response = session.replace_recovery_codes().await;
    response.assert_error(401, "step_up_required");
}

#[tokio::test]
async fn wrong_code_does_not_confirm_and_is_counted() {
    let (app, ada, session) = signed_in().await;
    let authenticator = create(&app, &session).await;
    let wrong = authenticator.wrong_code().await;
    let response = session.confirm_totp(&wrong).await;
    response.assert_error(400, "invalid_code");
    assert_eq!(
        ada.audit_details("factor_failed").await,
        ["confirmation: totp"]
    );
    let code = authenticator.code().await;
    assert_eq!(session.confirm_totp(&code).await.back_off(), 1);
    app.skip_back_off().await;
    let code = authenticator.code().await;
    session.confirm_totp(&code).await.assert_status(200);
    assert_eq!(ada.wrong_codes().await, 0);
    let code = authenticator.code_in(1).await;
    session
        .confirm_totp(&code)
        .await
        .assert_error(409, "totp_exists");
}

#[tokio::test]
async fn new_secret_replaces_one_that_was_not_confirmed() {
    let (app, _, session) = signed_in().await;
    let first = create(&app, &session).await;
    let second = create(&app, &session).await;
    assert_ne!(first.secret, second.secret);
    let code = first.code().await;
    session
        .confirm_totp(&code)
        .await
        .assert_error(400, "invalid_code");
    app.skip_back_off().await;
    let code = second.code().await;
    session.confirm_totp(&code).await.assert_status(200);
}

#[tokio::test]
async fn confirmation_without_a_secret_is_refused() {
    let (_, _, session) = signed_in().await;
    let response = session.confirm_totp("123456").await;
    response.assert_error(400, "invalid_code");
}

#[tokio::test]
async fn removal_of_the_last_factor_removes_recovery_codes_and_the_counter() {
    let (app, ada, session) = signed_in().await;
    let authenticator = create(&app, &session).await;
    let code = authenticator.code().await;
    session.confirm_totp(&code).await.assert_status(200);
    ada.set_wrong_codes(7).await;
    let response = session.remove_totp().await;
    let expected = json!({ "success": true, "message": "One-time codes removed" });
    assert_eq!(response.assert_status(200).json(), expected);
    for table in ["totp", "recovery_codes", "factor_attempts"] {
        let sql = format!("SELECT count(*) AS n FROM {table} WHERE user_id = ?1");
        assert_eq!(app.count(&sql, [ada.id.as_str()]).await, 0, "{table}");
    }
    assert_eq!(ada.row("has_factor").await["has_factor"], 0);
    assert_eq!(ada.audit_entries("totp_removed").await, 1);
    session.me().await.assert_status(200);
    // Without codes, nothing happens.
    session.remove_totp().await.assert_status(200);
    assert_eq!(ada.audit_entries("totp_removed").await, 1);
    ada.sign_in().await;
}

#[tokio::test]
async fn removal_keeps_the_recovery_codes_while_there_is_a_passkey() {
    let (app, ada, session) = signed_in().await;
    let authenticator = create(&app, &session).await;
    let code = authenticator.code().await;
    session.confirm_totp(&code).await.assert_status(200);
    ada.add_passkey_row().await;
    session.remove_totp().await.assert_status(200);
    let sql = "SELECT count(*) AS n FROM recovery_codes WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id.as_str()]).await, 10);
    assert_eq!(ada.row("has_factor").await["has_factor"], 1);
}

#[tokio::test]
async fn last_factor_that_the_policy_demands_cannot_be_removed() {
    let app = App::with(Vars::new().set("MFA_POLICY", "required"));
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let code = authenticator.code().await;
    let session = ada.sign_in_with_code("token", "totp", &code).await;
    let response = session.remove_totp().await;
    response.assert_error(409, "factor_required");
    assert_eq!(ada.audit_entries("totp_removed").await, 0);
    ada.add_passkey_row().await;
    session.remove_totp().await.assert_status(200);
}

#[tokio::test]
async fn service_without_a_factor_key_offers_no_one_time_codes() {
    let app = App::with(Vars::new().without("FACTOR_KEY"));
    let session = app.user("ada").await.sign_in().await;
    let response = session.create_totp().await;
    response.assert_error(409, "totp_unavailable");
    let body = session.factors().await.assert_status(200).json();
    assert_eq!(body["can_enrol"], json!(["passkey"]));
}
