//! `GET /api/auth/factors`: the ways to sign in, and the second factors.

use crate::support::{App, Vars};
use serde_json::json;

#[tokio::test]
async fn factors_of_a_new_user_are_none() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let response = session.factors().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "policy_demands_factor": false,
      "is_managed_elsewhere": false,
      "has_password": true,
      "passkeys": [],
      "totp": null,
      "recovery_codes": null,
      "can_enrol": [
        "passkey",
        "totp"
      ],
      "rp_id": "localhost"
    }
    "#);
}

#[tokio::test]
async fn factors_are_listed_without_their_secrets() {
    let app = App::with(Vars::new().set("MFA_POLICY", "required"));
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    ada.add_passkey_row().await;
    let codes = ada.add_recovery_codes(3).await;
    let session = ada
        .sign_in_with_code("token", "recovery_code", &codes[0])
        .await;
    let response = session.factors().await;
    let body = response.assert_status(200).json();
    assert_eq!(body["policy_demands_factor"], true);
    assert_eq!(
        body["totp"],
        json!({ "created_at": "2024-01-01T00:00:00Z" })
    );
    assert_eq!(
        body["recovery_codes"],
        json!({ "remaining": 2, "created_at": "2024-01-01T00:00:00Z" })
    );
    let passkey = &body["passkeys"][0];
    assert_eq!(passkey["name"], "Key");
    assert_eq!(passkey["transports"], json!(["usb"]));
    assert_eq!(passkey["last_used_at"], json!(null));
    let text = response.text();
    assert!(!text.contains(&authenticator.secret));
    assert!(!codes.iter().any(|code| text.contains(code)));
}
