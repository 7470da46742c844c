//! `POST /api/auth/passkeys/options` and `POST /api/auth/passkeys`.

use crate::support::App;
use crate::support::authenticator::{ALGORITHMS, Algorithm, Authenticator, text};
use serde_json::{Value, json};

#[tokio::test]
async fn options_ask_for_a_verified_user_and_no_attestation() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let body = session.passkey_options().await.assert_status(200).json();
    let options = &body["options"];
    let id = uuid::Uuid::parse_str(ada.id.as_str()).unwrap();
    assert_eq!(options["user"]["id"], text(id.as_bytes()));
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["attestation"], "none");
    let selection = json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"});
    assert_eq!(options["authenticatorSelection"], selection);
    let algorithms: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameters| parameters["alg"].clone())
        .collect();
    assert_eq!(algorithms, [-7, -8, -257]);
    assert_eq!(options["excludeCredentials"], json!([]));
}

#[tokio::test]
async fn first_passkey_of_each_algorithm_is_added_with_recovery_codes() {
    let app = App::shared();
    for algorithm in ALGORITHMS {
        let session = app.user("ada").await.sign_in().await;
        let mut passkey = Authenticator::new(algorithm);
        let response = session.add_passkey(&mut passkey).await;
        let body = response.assert_status(200).json();
        assert_eq!(body["passkey"]["name"], "Laptop");
        assert_eq!(body["passkey"]["credential_id"], text(&passkey.id));
        assert_eq!(body["passkey"]["transports"], json!(["internal"]));
        assert_eq!(body["recovery_codes"].as_array().unwrap().len(), 10);
        let signed_in = app.sign_in_with_passkey(&mut passkey).await;
        assert_eq!(signed_in.assert_status(200).json()["method"], "passkey");
        assert_eq!(signed_in.session().statuses().await, [200; 3]);
        let kinds: Vec<Value> = session.audit_kinds().await;
        assert_eq!(
            kinds,
            ["sign_in", "passkey_added", "recovery_codes_created"]
        );
    }
}

#[tokio::test]
async fn second_passkey_creates_no_recovery_codes_and_is_excluded_from_a_third() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let [mut first, mut second] = [Algorithm::Es256, Algorithm::Ed25519].map(Authenticator::new);
    session.add_passkey(&mut first).await.assert_status(200);
    let body = session
        .add_passkey(&mut second)
        .await
        .assert_status(200)
        .json();
    assert_eq!(body["recovery_codes"], Value::Null);
    let options = session.passkey_options().await.json();
    let excluded = options["options"]["excludeCredentials"]
        .as_array()
        .unwrap()
        .clone();
    let mut ids: Vec<_> = excluded
        .iter()
        .map(|descriptor| descriptor["id"].clone())
        .collect();
    // Both were created in the same second.
    ids.sort_by_key(ToString::to_string);
    let mut expected = [text(&first.id), text(&second.id)];
    expected.sort();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn registration_is_accepted_once_and_only_in_its_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (session, other) = (ada.sign_in().await, ada.sign_in().await);
    let options = session.passkey_options().await.json();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let credential = passkey.create(&options["options"], &app.page_origin());
    let state = &options["state"];
    other
        .register_passkey(state, &credential, "x")
        .await
        .assert_error(400, "invalid_passkey");
    session
        .register_passkey(state, &credential, "x")
        .await
        .assert_status(200);
    session
        .register_passkey(state, &credential, "x")
        .await
        .assert_error(400, "invalid_passkey");
    assert_eq!(
        session.list_passkeys().await.json()["passkeys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn invalid_registration_uses_up_its_challenge() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let options = session.passkey_options().await.json();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let wrong = passkey.create(&options["options"], "https://other.example");
    let right = passkey.create(&options["options"], &app.page_origin());
    for credential in [wrong, right] {
        let response = session
            .register_passkey(&options["state"], &credential, "x")
            .await;
        response.assert_error(400, "invalid_passkey");
    }
}

#[tokio::test]
async fn passkey_of_another_user_is_refused() {
    let app = App::shared();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let [ada, bob] = [
        app.user("ada").await.sign_in().await,
        app.user("bob").await.sign_in().await,
    ];
    ada.add_passkey(&mut passkey).await.assert_status(200);
    bob.add_passkey(&mut passkey)
        .await
        .assert_error(409, "passkey_exists");
    ada.add_passkey(&mut passkey)
        .await
        .assert_error(409, "passkey_exists");
}

#[tokio::test]
async fn twenty_first_passkey_is_refused() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for _ in 0..20 {
        let mut passkey = Authenticator::new(Algorithm::Ed25519);
        session.add_passkey(&mut passkey).await.assert_status(200);
    }
    let mut passkey = Authenticator::new(Algorithm::Ed25519);
    session
        .add_passkey(&mut passkey)
        .await
        .assert_error(409, "too_many_passkeys");
}

#[tokio::test]
async fn challenge_expires_after_five_minutes() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let options = session.passkey_options().await.json();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let credential = passkey.create(&options["options"], &app.page_origin());
    app.shift_clock(301).await;
    let session = session.stepped_up(&ada.password).await;
    let response = session
        .register_passkey(&options["state"], &credential, "x")
        .await;
    response.assert_error(400, "invalid_passkey");
}

#[tokio::test]
async fn adding_a_passkey_requires_a_recent_authentication() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(301).await;
    session
        .passkey_options()
        .await
        .assert_error(401, "step_up_required");
    let response = session.register_passkey(&json!("x"), &json!({}), "x").await;
    response.assert_error(401, "step_up_required");
}
