//! `POST /api/auth/sign-in` with a passkey.

use crate::support::authenticator::{Algorithm, Authenticator, text};
use crate::support::{App, Vars, audit};
use serde_json::{Value, json};

async fn with_passkey(app: &App) -> (crate::support::Caller, Authenticator) {
    let session = app.user("ada").await.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    session.add_passkey(&mut passkey).await.assert_status(200);
    (session, passkey)
}

#[tokio::test]
async fn prompt_writes_nothing_and_names_no_passkey() {
    let app = App::shared();
    let response = app.anonymous().passkey_sign_in_options(&json!({})).await;
    let body = response.assert_status(200).json();
    assert_eq!(body["options"]["allowCredentials"], json!([]));
    assert_eq!(body["options"]["userVerification"], "required");
    assert_eq!(body["options"]["rpId"], "localhost");
    let calls = response.recorded().await;
    assert_eq!(calls.d1(), 0);
}

#[tokio::test]
async fn passkey_signs_in_into_a_cookie_session() {
    let app = App::shared();
    let (_, mut passkey) = with_passkey(&app).await;
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &app.page_origin());
    let browser = app.anonymous().with_cookie(&prompt.cookie);
    let response = browser
        .passkey_sign_in("cookie", &prompt.state, &credential)
        .await;
    let body = response.assert_status(200).json();
    assert_eq!(
        (&body["status"], &body["token"]),
        (&json!("signed_in"), &Value::Null)
    );
    let session = response.cookie_session();
    assert_eq!(session.statuses().await, [200; 3]);
    // The sign-in also counts as an authentication with a factor.
    session.passkey_options().await.assert_status(200);
}

#[tokio::test]
async fn response_is_accepted_once() {
    let app = App::shared();
    let (_, mut passkey) = with_passkey(&app).await;
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &app.page_origin());
    app.answer_prompt(&prompt, &credential)
        .await
        .assert_status(200);
    app.answer_prompt(&prompt, &credential)
        .await
        .assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn forty_parallel_uses_of_a_response_give_one_session() {
    let app = App::shared();
    let (session, mut passkey) = with_passkey(&app).await;
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &app.page_origin());
    let uses = (0..40).map(|_| app.answer_prompt(&prompt, &credential));
    let responses = futures_util::future::join_all(uses).await;
    let accepted = responses
        .iter()
        .filter(|response| response.status == 200)
        .count();
    assert_eq!(accepted, 1);
    assert_eq!(session.list_sessions().await.list("sessions").len(), 2);
}

#[tokio::test]
async fn response_from_another_browser_is_refused() {
    let app = App::shared();
    let (_, mut passkey) = with_passkey(&app).await;
    let (prompt, other) = (app.passkey_prompt().await, app.passkey_prompt().await);
    let credential = passkey.get(&prompt.options, &app.page_origin());
    for browser in [app.anonymous(), app.anonymous().with_cookie(&other.cookie)] {
        let response = browser
            .passkey_sign_in("token", &prompt.state, &credential)
            .await;
        response.assert_error(401, "invalid_credentials");
    }
    app.answer_prompt(&prompt, &credential)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn unknown_passkey_has_a_code_of_its_own() {
    let app = App::shared();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    passkey.user_handle = Some(text(&[1; 16]));
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_error(401, "unknown_passkey");
}

#[tokio::test]
async fn passkey_of_a_disabled_user_is_refused() {
    let app = App::shared();
    let (session, mut passkey) = with_passkey(&app).await;
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [session.user_id()]).await;
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn deleted_passkey_signs_in_no_more() {
    let app = App::shared();
    let (session, mut passkey) = with_passkey(&app).await;
    let id = session.list_passkeys().await.json()["passkeys"][0]["id"].clone();
    session
        .delete_passkey(id.as_str().unwrap())
        .await
        .assert_status(200);
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_error(401, "unknown_passkey");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn counter_of_a_copy_is_refused_recorded_and_announced() {
    let app = App::isolated(Vars::with_email());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    passkey.count = 7;
    session.add_passkey(&mut passkey).await.assert_status(200);
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_status(200);
    // The copy has not counted that use.
    passkey.count = 7;
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_error(401, "invalid_credentials");
    let entries = audit::entries_about(&app, &ada.id).await;
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].clone()).collect();
    assert!(kinds.contains(&json!("passkey_cloned")), "{kinds:?}");
    let sent = app.mail_to(&ada.email).await;
    assert_eq!(
        sent.subject,
        "A passkey of your account at Edge Auth may have been copied"
    );
    assert!(sent.text.contains("The sign-in was refused."));
    passkey.count = 8;
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_status(200);
}

/// Identity Center decides at each sign-in whether the user may sign in, and with which role.
#[tokio::test]
async fn passkey_of_a_user_of_an_identity_source_is_a_second_factor_only() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    session.add_passkey(&mut passkey).await.assert_status(200);
    ada.make_federated().await;
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &app.page_origin());
    for _ in 0..2 {
        let response = app.answer_prompt(&prompt, &credential).await;
        response.assert_error(403, "aws_sign_in_required");
        assert!(response.set_cookies().is_empty());
    }
    assert_eq!(ada.live_sessions().await, 1);
    assert_eq!(
        ada.audit_details("sign_in_failed").await,
        ["passkey: user of an identity source"]
    );
    app.shift_clock(301).await;
    let response = session.step_up_with_passkey(&mut passkey).await;
    response.assert_status(200);
}
