//! Step-up with codes, and `POST /api/auth/step-up/options`.

use crate::support::{App, Caller};
use serde_json::json;

async fn methods(session: &Caller) -> serde_json::Value {
    let body = session.step_up_options().await.assert_status(200).json();
    body["methods"].clone()
}

#[tokio::test]
async fn options_list_the_strongest_methods_of_the_user() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    assert_eq!(methods(&session).await, json!(["password"]));
    ada.add_totp().await;
    assert_eq!(methods(&session).await, json!(["totp"]));
    ada.add_recovery_codes(1).await;
    assert_eq!(methods(&session).await, json!(["totp", "recovery_code"]));
    let federated = app.user("federated").await;
    let session = federated.sign_in().await;
    federated.make_federated().await;
    federated.update("password_hash = NULL").await;
    assert_eq!(methods(&session).await, json!(["aws_device"]));
}

#[tokio::test]
async fn user_with_a_factor_steps_up_with_it_and_not_with_the_password() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let authenticator = ada.add_totp().await;
        let codes = ada.add_recovery_codes(1).await;
        let response = session.replace_recovery_codes().await;
        response.assert_error(401, "step_up_required");
        let response = session.step_up(&ada.password).await;
        response.assert_error(403, "factor_required_for_step_up");
        let wrong = authenticator.wrong_code().await;
        let response = session.step_up_with("totp", &wrong).await;
        response.assert_error(400, "invalid_code");
        assert_eq!(ada.audit_details("factor_failed").await, ["step-up: totp"]);
        let code = authenticator.code().await;
        assert_eq!(session.step_up_with("totp", &code).await.back_off(), 1);
        app.skip_back_off().await;
        let code = authenticator.code().await;
        let response = session.step_up_with("totp", &code).await;
        response.assert_status(200);
        let session = response.continued(session);
        assert_eq!(ada.wrong_codes().await, 0);
        app.skip_back_off().await;
        let response = session.step_up_with("recovery_code", &codes[0]).await;
        response.assert_status(200);
        let session = response.continued(session);
        assert_eq!(
            ada.audit_details("step_up").await,
            ["totp", "recovery_code"]
        );
        assert_eq!(ada.audit_entries("recovery_code_used").await, 1);
        session.replace_recovery_codes().await.assert_status(200);
        app.shift_clock(app.clock() + 310).await;
        let response = session.replace_recovery_codes().await;
        response.assert_error(401, "step_up_required");
    }
}

#[tokio::test]
async fn code_of_a_sign_in_cannot_step_up_again() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let code = authenticator.code().await;
    let session = ada.sign_in_with_code("token", "totp", &code).await;
    let response = session.step_up_with("totp", &code).await;
    response.assert_error(400, "invalid_code");
}

#[tokio::test]
async fn user_without_a_factor_cannot_step_up_with_a_code() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for method in ["totp", "recovery_code"] {
        let response = session.step_up_with(method, "123456").await;
        response.assert_error(400, "invalid_code");
        app.skip_back_off().await;
    }
}
