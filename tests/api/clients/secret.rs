//! `POST /api/auth/clients/{id}/secret`: replace the secret of an OAuth client.

use crate::support::internals::fingerprint;
use crate::support::{App, registration};
use serde_json::json;

#[tokio::test]
async fn new_secret_replaces_the_earlier_one() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&registration("App")).await;
    let (id, first) = (created.client_id(), created.json()["client_secret"].clone());
    app.shift_clock(60).await;
    let response = admin.new_client_secret(&id, "\"1\"").await;
    assert_eq!(response.header("etag"), Some("\"2\""));
    let (client, second) = (response.client(), response.json()["client_secret"].clone());
    assert_ne!(first, second);
    assert_ne!(client["secret_created_at"], client["created_at"]);
    let row = app.oauth_client_row(&id, "secret_hash").await;
    let second = second.as_str().expect("a secret");
    assert_eq!(row, json!({ "secret_hash": fingerprint(second) }));
    let entries = app.client_entries(&id).await;
    let entry = ("client_secret_created".to_owned(), String::new());
    assert_eq!(entries[1..], [entry]);
    let stale = admin.new_client_secret(&id, "\"1\"").await;
    stale.assert_error(412, "version_mismatch");
    let path = format!("/api/auth/clients/{id}/secret");
    let without = admin.post(&path).await;
    without.assert_error(428, "precondition_required");
}

#[tokio::test]
async fn client_without_a_secret_gets_none() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let mut public = registration("Public");
    public["token_endpoint_auth_method"] = json!("none");
    let id = admin.create_client(&public).await.client_id();
    let response = admin.new_client_secret(&id, "*").await;
    response.assert_error(409, "client_has_no_secret");
    let row = app.oauth_client_row(&id, "secret_hash, version").await;
    assert_eq!(row, json!({ "secret_hash": null, "version": 1 }));
}
