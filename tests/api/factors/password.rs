//! Passwords of users who have a factor: `POST /api/auth/change-password` and `DELETE /api/auth/password`.

use crate::support::{App, NEW_PASSWORD};
use serde_json::json;

#[tokio::test]
async fn user_with_a_passkey_can_remove_the_password_and_set_one_again() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.add_passkey_row().await;
    let sql = "UPDATE sessions SET factor_at = created_at WHERE id = ?1";
    app.sql(sql, [session.session_id()]).await;
    let response = session.remove_password().await;
    let expected = json!({ "success": true, "message": "Password removed" });
    assert_eq!(response.assert_status(200).json(), expected);
    assert!(ada.password_hash().await.is_null());
    assert_eq!(ada.audit_entries("password_removed").await, 1);
    session.me().await.assert_status(200);
    session.remove_password().await.assert_status(200);
    assert_eq!(ada.audit_entries("password_removed").await, 1);
    ada.login().await.assert_error(401, "invalid_credentials");
    let link = ada.reset_link().await;
    let response = app.anonymous().set_password(&link, NEW_PASSWORD).await;
    response.assert_status(200);
    assert_eq!(ada.row("has_factor").await["has_factor"], 1);
}

#[tokio::test]
async fn user_without_a_passkey_keeps_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let code = authenticator.code().await;
    let session = ada.sign_in_with_code("token", "totp", &code).await;
    let response = session.remove_password().await;
    response.assert_error(409, "last_sign_in_method");
    assert!(ada.password_hash().await.is_string());
}

#[tokio::test]
async fn change_of_the_password_needs_the_factor_besides_the_current_password() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let authenticator = ada.add_totp().await;
        let response = session.change_password(&ada.password, NEW_PASSWORD).await;
        response.assert_error(401, "step_up_required");
        // It was not checked, so it is not an attempt.
        assert_eq!(ada.audit_entries("password_change_failed").await, 0);
        let code = authenticator.code().await;
        let response = session.step_up_with("totp", &code).await;
        response.assert_status(200).recorded().await;
        let session = response.continued(session);
        let response = session.change_password("another password", NEW_PASSWORD);
        response.await.assert_error(400, "invalid_current_password");
        app.skip_back_off().await;
        let response = session.change_password(&ada.password, NEW_PASSWORD).await;
        response.assert_status(200);
        app.skip_back_off().await;
        ada.login_with(NEW_PASSWORD)
            .await
            .assert_error(401, "second_factor_required");
    }
}
