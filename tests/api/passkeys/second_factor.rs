//! A passkey as the second factor of a sign-in with a password, and as the first factor that a policy demands.

use crate::support::authenticator::{Algorithm, Authenticator};
use crate::support::{App, Vars};
use serde_json::{Value, json};

async fn pending(app: &App, user: &crate::support::User) -> Value {
    let caller = app.anonymous();
    let response = caller
        .sign_in("token", &user.username, &user.password)
        .await;
    response.assert_status(200).recorded().await;
    response.json()
}

fn passkey_body(pending: &Value, begun: &Value, credential: &Value) -> Value {
    json!({"pending": pending["pending"], "method": "passkey", "state": begun["state"], "credential": credential})
}

#[tokio::test]
async fn passkey_completes_a_sign_in_once() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    ada.sign_in()
        .await
        .add_passkey(&mut passkey)
        .await
        .assert_status(200);
    let waiting = pending(&app, &ada).await;
    assert_eq!(waiting["methods"], json!(["passkey", "recovery_code"]));
    let anonymous = app.anonymous();
    let body = json!({"pending": waiting["pending"]});
    let begun = anonymous
        .passkey_sign_in_options(&body)
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        begun["options"]["allowCredentials"][0]["type"],
        "public-key"
    );
    let credential = passkey.get(&begun["options"], &app.page_origin());
    let body = passkey_body(&waiting, &begun, &credential);
    let response = anonymous.complete_sign_in(&body).await;
    assert_eq!(response.assert_status(200).json()["method"], "password");
    assert_eq!(response.session().statuses().await, [200; 3]);
    anonymous
        .complete_sign_in(&body)
        .await
        .assert_error(401, "pending_sign_in_expired");
}

#[tokio::test]
async fn passkey_of_another_user_does_not_complete_a_sign_in() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let [mut of_ada, mut of_bob] = [Algorithm::Es256, Algorithm::Es256].map(Authenticator::new);
    ada.sign_in()
        .await
        .add_passkey(&mut of_ada)
        .await
        .assert_status(200);
    bob.sign_in()
        .await
        .add_passkey(&mut of_bob)
        .await
        .assert_status(200);
    let waiting = pending(&app, &ada).await;
    let anonymous = app.anonymous();
    let body = json!({"pending": waiting["pending"]});
    for _ in 0..5 {
        let begun = anonymous.passkey_sign_in_options(&body).await.json();
        let credential = of_bob.get(&begun["options"], &app.page_origin());
        let response = anonymous
            .complete_sign_in(&passkey_body(&waiting, &begun, &credential))
            .await;
        response.assert_error(401, "invalid_second_factor");
        assert_eq!(response.message(), "Invalid passkey");
    }
    // Five factors were tried.
    let begun = anonymous.passkey_sign_in_options(&body).await;
    let begun = begun.json();
    let credential = of_ada.get(
        &json!({"challenge": begun["options"]["challenge"], "rpId": "localhost"}),
        &app.page_origin(),
    );
    let response = anonymous
        .complete_sign_in(&passkey_body(&waiting, &begun, &credential))
        .await;
    response.assert_error(401, "pending_sign_in_expired");
}

#[tokio::test]
async fn user_without_a_factor_adds_a_passkey_in_the_sign_in() {
    let app = App::isolated(Vars::new().set("MFA_POLICY", "required"));
    let ada = app.user("ada").await;
    let waiting = pending(&app, &ada).await;
    assert_eq!(waiting["methods"], json!([]));
    assert_eq!(waiting["enrol"][0], "passkey");
    let anonymous = app.anonymous();
    let enrol = anonymous.post("/api/auth/sign-in/enrol").same_origin();
    let begun = enrol
        .json(&json!({"pending": waiting["pending"], "method": "passkey"}))
        .await;
    let begun = begun.assert_status(200).json();
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let credential = passkey.create(&begun["options"], &app.page_origin());
    let mut body = passkey_body(&waiting, &begun, &credential);
    anonymous.complete_sign_in(&body).await.assert_status(400);
    body["name"] = json!("Phone");
    let response = anonymous.complete_sign_in(&body).await;
    let signed_in = response.assert_status(200).json();
    assert_eq!(signed_in["recovery_codes"].as_array().unwrap().len(), 10);
    let session = response.session();
    assert_eq!(
        session.list_passkeys().await.json()["passkeys"][0]["name"],
        "Phone"
    );
    app.sign_in_with_passkey(&mut passkey)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn login_cannot_ask_for_the_passkey() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    ada.sign_in()
        .await
        .add_passkey(&mut passkey)
        .await
        .assert_status(200);
    let response = app.anonymous().login(&ada.username, &ada.password).await;
    response.assert_error(401, "second_factor_required");
}
