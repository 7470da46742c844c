//! The secrets of OAuth clients, and private keys that are sent by mistake, are neither stored nor logged.

use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use crate::support::{App, Fault, Vars, registration};
use serde_json::json;

#[tokio::test]
async fn secrets_of_oauth_clients_are_neither_stored_nor_logged() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&registration("App")).await;
    let id = created.client_id();
    let first = created.json()["client_secret"].clone();
    let second = admin.new_client_secret(&id, "*").await.json()["client_secret"].clone();
    // The error of the store is logged.
    let fault = app.fault(Fault::d1().nth(2).fails()).await;
    let failed = admin.create_client(&registration("Failed")).await;
    failed.assert_error(503, "storage_unavailable");
    fault.remove().await;
    let private = "canary-of-the-private-part-of-a-key-of-a-client";
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "d": private,
                                  "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] });
    let mut body = registration("Private");
    body["token_endpoint_auth_method"] = json!("private_key_jwt");
    body["jwks"] = jwks;
    let refused = admin.create_client(&body).await;
    refused.assert_error(400, "invalid_jwks");
    let deleted = admin.delete_client(&id, "*").await;
    deleted.assert_status(200).recorded().await;
    app.seed_oauth_client("Other").await;
    let text = |secret: &serde_json::Value| secret.as_str().expect("a secret").as_bytes().to_vec();
    let secrets = [
        ("the first secret", text(&first)),
        ("the second secret", text(&second)),
        ("the private key", private.into()),
    ];
    let lines = stored_and_logged(&app).await;
    assert_searched(&lines, &["D1 oauth_clients", "D1 audit ", "log error"]);
    assert_absent(&secrets, &lines);
}
