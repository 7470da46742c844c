//! Sign-ins with responses of an authenticator in which one part is not valid.

use crate::support::App;
use crate::support::authenticator::{
    Algorithm, Authenticator, BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED,
    authenticator_data, client_data, text,
};
use serde_json::json;

#[tokio::test]
async fn sign_in_is_refused_if_anything_is_different() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    session.add_passkey(&mut passkey).await.assert_status(200);
    let origin = app.page_origin();
    let both = USER_PRESENT | USER_VERIFIED;
    let cases = [
        (
            "unchanged",
            origin.as_str(),
            "localhost",
            both,
            "webauthn.get",
        ),
        (
            "user not verified",
            &origin,
            "localhost",
            USER_PRESENT,
            "webauthn.get",
        ),
        (
            "user not present",
            &origin,
            "localhost",
            USER_VERIFIED,
            "webauthn.get",
        ),
        (
            "backup eligibility has changed",
            &origin,
            "localhost",
            both | BACKUP_ELIGIBLE,
            "webauthn.get",
        ),
        (
            "backed up without being eligible",
            &origin,
            "localhost",
            both | BACKED_UP,
            "webauthn.get",
        ),
        (
            "another origin",
            "https://other.example",
            "localhost",
            both,
            "webauthn.get",
        ),
        (
            "another port",
            "http://localhost:1",
            "localhost",
            both,
            "webauthn.get",
        ),
        (
            "another RP ID",
            &origin,
            "other.example",
            both,
            "webauthn.get",
        ),
        (
            "a registration",
            &origin,
            "localhost",
            both,
            "webauthn.create",
        ),
    ];
    for (case, origin, rp_id, flags, r#type) in cases {
        let prompt = app.passkey_prompt().await;
        let page = client_data(r#type, &prompt.options["challenge"], origin);
        let data = authenticator_data(rp_id, flags, 0, &[]);
        let signature = passkey.sign(&data, &page);
        let credential = passkey.assertion(&page, &data, &signature);
        let response = app.answer_prompt(&prompt, &credential).await;
        let expected = if case == "unchanged" { 200 } else { 401 };
        assert_eq!(response.status, expected, "{case}");
    }
}

#[tokio::test]
async fn sign_in_is_refused_with_another_challenge_signature_user_or_without_a_user() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let [mut passkey, mut other] = [Algorithm::Es256, Algorithm::Es256].map(Authenticator::new);
    session.add_passkey(&mut passkey).await.assert_status(200);
    let origin = app.page_origin();
    let (prompt, later) = (app.passkey_prompt().await, app.passkey_prompt().await);
    let for_later = passkey.get(&later.options, &origin);
    app.answer_prompt(&prompt, &for_later)
        .await
        .assert_error(401, "invalid_credentials");
    let prompt = app.passkey_prompt().await;
    other.id.clone_from(&passkey.id);
    other.user_handle.clone_from(&passkey.user_handle);
    let forged = other.get(&prompt.options, &origin);
    app.answer_prompt(&prompt, &forged)
        .await
        .assert_error(401, "invalid_credentials");
    for handle in [json!(text(&[1; 16])), json!(null), json!("")] {
        let prompt = app.passkey_prompt().await;
        let mut credential = passkey.get(&prompt.options, &origin);
        credential["response"]["userHandle"] = handle;
        app.answer_prompt(&prompt, &credential)
            .await
            .assert_error(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn refused_response_uses_up_its_challenge() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Ed25519);
    session.add_passkey(&mut passkey).await.assert_status(200);
    let prompt = app.passkey_prompt().await;
    let wrong = passkey.get(&prompt.options, "https://other.example");
    let right = passkey.get(&prompt.options, &app.page_origin());
    app.answer_prompt(&prompt, &wrong)
        .await
        .assert_error(401, "invalid_credentials");
    app.answer_prompt(&prompt, &right)
        .await
        .assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn challenge_of_one_use_is_refused_for_another() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    session.add_passkey(&mut passkey).await.assert_status(200);
    let origin = app.page_origin();
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &origin);
    session
        .send_step_up(&prompt.state, &credential)
        .await
        .assert_error(400, "invalid_passkey");
    let options = session.step_up_options().await.json()["passkey"].clone();
    let credential = passkey.get(&options["options"], &origin);
    let browser = app.anonymous().with_cookie(&prompt.cookie);
    let response = browser
        .passkey_sign_in("token", &options["state"], &credential)
        .await;
    response.assert_error(401, "invalid_credentials");
    session
        .send_step_up(&options["state"], &credential)
        .await
        .assert_status(200);
}
