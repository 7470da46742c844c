//! Step-up with a passkey.

use crate::support::App;
use crate::support::authenticator::{Algorithm, Authenticator};
use serde_json::json;

#[tokio::test]
async fn user_with_a_passkey_steps_up_with_it_and_not_with_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    session.add_passkey(&mut passkey).await.assert_status(200);
    app.shift_clock(301).await;
    session
        .passkey_options()
        .await
        .assert_error(401, "step_up_required");
    session
        .step_up(&ada.password)
        .await
        .assert_error(403, "factor_required_for_step_up");
    let options = session.step_up_options().await.json();
    assert_eq!(options["methods"], json!(["passkey", "recovery_code"]));
    session
        .step_up_with_passkey(&mut passkey)
        .await
        .assert_status(200);
    session.passkey_options().await.assert_status(200);
}

#[tokio::test]
async fn wrong_passkey_does_not_step_up_and_is_recorded() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let [mut passkey, mut other] = [Algorithm::Es256, Algorithm::Ed25519].map(Authenticator::new);
    session.add_passkey(&mut passkey).await.assert_status(200);
    app.shift_clock(301).await;
    let response = session.step_up_with_passkey(&mut other).await;
    response.assert_error(400, "invalid_passkey");
    session
        .passkey_options()
        .await
        .assert_error(401, "step_up_required");
    let kinds: Vec<serde_json::Value> = session.audit_kinds().await;
    assert!(kinds.contains(&json!("factor_failed")), "{kinds:?}");
}

/// A client could send any number of them.
#[tokio::test]
async fn few_wrong_passkeys_per_network_are_recorded() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let [mut passkey, mut other] = [Algorithm::Es256, Algorithm::Ed25519].map(Authenticator::new);
    session.add_passkey(&mut passkey).await.assert_status(200);
    for _ in 0..8 {
        let response = session.step_up_with_passkey(&mut other).await;
        response.assert_error(400, "invalid_passkey");
    }
    assert_eq!(ada.audit_entries("factor_failed").await, 3);
}
