//! `POST /api/auth/recovery-codes`: new recovery codes.

use crate::support::App;

#[tokio::test]
async fn new_codes_replace_all_earlier_ones() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let old = ada.add_recovery_codes(3).await;
    let code = authenticator.code().await;
    let session = ada.sign_in_with_code("token", "totp", &code).await;
    let response = session.replace_recovery_codes().await;
    let new = response.list("recovery_codes");
    assert_eq!(new.len(), 10);
    assert_eq!(ada.audit_entries("recovery_codes_created").await, 1);
    app.skip_back_off().await;
    let pending = ada.first_step("token").await;
    let caller = app.anonymous();
    let response = caller.verify(&pending, "recovery_code", &old[0]).await;
    response.assert_error(401, "invalid_second_factor");
    app.skip_back_off().await;
    let code = new[9].as_str().expect("a code");
    let response = caller.verify(&pending, "recovery_code", code).await;
    response.assert_status(200);
}

#[tokio::test]
async fn user_without_a_factor_gets_no_recovery_codes() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let response = session.replace_recovery_codes().await;
    response.assert_error(409, "no_factor");
    assert_eq!(ada.audit_entries("recovery_codes_created").await, 0);
}
