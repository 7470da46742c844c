//! Messages about second factors.

use crate::support::authenticator::{Algorithm, Authenticator as PasskeyAuthenticator};
use crate::support::{App, Authenticator, NEW_PASSWORD, Vars};

#[tokio::test]
async fn changes_of_factors_are_announced() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let body = session.create_totp().await.json();
    let authenticator = Authenticator::new(&app, body["secret"].as_str().expect("a secret"));
    let code = authenticator.code().await;
    let confirmed = session.confirm_totp(&code).await;
    confirmed.assert_status(200).recorded().await;
    let response = session.replace_recovery_codes().await;
    let codes = response.list("recovery_codes");
    response.recorded().await;
    app.skip_back_off().await;
    let code = codes[0].as_str().expect("a code");
    ada.sign_in_with_code("token", "recovery_code", code).await;
    let response = session.remove_totp().await;
    response.assert_status(200).recorded().await;
    let subjects = app.subjects_to(&ada.email).await;
    for subject in [
        "One-time codes were added to your account at Edge Auth",
        "New recovery codes for your account at Edge Auth were created",
        "A recovery code of your account at Edge Auth was used",
        "One-time codes were removed from your account at Edge Auth",
    ] {
        assert!(subjects.iter().any(|sent| sent == subject), "{subjects:?}");
    }
    for mail in app.mails_to(&ada.email).await {
        assert!(!mail.text.contains(&authenticator.secret));
        assert!(!mail.text.contains(code));
    }
}

#[tokio::test]
async fn changes_of_passkeys_are_announced() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut passkey = PasskeyAuthenticator::new(Algorithm::Ed25519);
    let added = session.add_passkey(&mut passkey).await;
    added.assert_status(200).recorded().await;
    let response = app.sign_in_with_passkey(&mut passkey).await;
    let session = response.session();
    let listed = session.list_passkeys().await.list("passkeys");
    let id = listed[0]["id"].as_str().expect("an id");
    let response = session.remove_password().await;
    response.assert_status(200).recorded().await;
    session
        .delete_passkey(id)
        .await
        .assert_error(409, "last_sign_in_method");
    let link = ada.reset_link().await;
    let response = app.anonymous().set_password(&link, NEW_PASSWORD).await;
    response.assert_status(200).recorded().await;
    let response = app.sign_in_with_passkey(&mut passkey).await;
    let response = response.session().delete_passkey(id).await;
    response.assert_status(200).recorded().await;
    let subjects = app.subjects_to(&ada.email).await;
    for subject in [
        "A passkey was added to your account at Edge Auth",
        "The password of your account at Edge Auth was removed",
        "A passkey was removed from your account at Edge Auth",
    ] {
        let sent = subjects.iter().filter(|sent| *sent == subject).count();
        assert_eq!(sent, 1, "{subject}: {subjects:?}");
    }
}

#[tokio::test]
async fn lockout_of_codes_is_announced_once() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let wrong = authenticator.wrong_code().await;
    ada.set_wrong_codes(99).await;
    let pending = ada.first_step("token").await;
    for _ in 0..3 {
        let response = app.anonymous().verify(&pending, "totp", &wrong).await;
        response.assert_error(401, "invalid_second_factor");
        response.recorded().await;
        app.skip_back_off().await;
    }
    assert_eq!(
        app.subjects_to(&ada.email).await,
        ["Codes for your account at Edge Auth are locked"]
    );
    assert_eq!(
        ada.audit_details("factor_failed").await,
        ["sign-in: totp; codes are locked now"]
    );
}
