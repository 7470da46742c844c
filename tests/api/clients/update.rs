//! `PATCH /api/auth/clients/{id}`: change an OAuth client.

use crate::support::{App, registration};
use serde_json::{Value, json};

fn entry(what: &str) -> (String, String) {
    ("client_changed".to_owned(), what.to_owned())
}

#[tokio::test]
async fn update_changes_the_given_properties_only() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&registration("App")).await;
    let id = created.client_id();
    let hash = app.oauth_client_row(&id, "secret_hash").await;
    let changes = json!({
        "client_name": "Other", "redirect_uris": ["https://other.example.com/"], "unknown": null,
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "client_secret_post"
    });
    let response = admin.update_client_version(&id, "\"1\"", &changes).await;
    assert_eq!(response.header("etag"), Some("\"2\""));
    let mut expected = created.client();
    for name in [
        "client_name",
        "redirect_uris",
        "grant_types",
        "token_endpoint_auth_method",
    ] {
        expected[name] = changes[name].clone();
    }
    expected["version"] = json!(2);
    expected["updated_at"] = response.client()["updated_at"].clone();
    assert_eq!(response.client(), expected);
    assert_eq!(admin.get_client(&id).await.client(), expected);
    // The secret stays.
    assert_eq!(app.oauth_client_row(&id, "secret_hash").await, hash);
    let names = "client_name, token_endpoint_auth_method, redirect_uris, grant_types";
    assert_eq!(app.client_entries(&id).await[1..], [entry(names)]);
    let search = admin.list_clients("?term=other").await.list("clients");
    assert!(search.iter().any(|client| client["client_id"] == id));
}

#[tokio::test]
async fn disabling_and_enabling_are_recorded() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    for is_active in [false, true] {
        let changes = json!({ "is_active": is_active });
        let client = admin.update_client(&id, &changes).await.client();
        assert_eq!(client["is_active"], is_active);
    }
    let expected = [entry("disabled"), entry("enabled")];
    assert_eq!(app.client_entries(&id).await, expected);
}

#[tokio::test]
async fn update_to_the_same_values_writes_nothing() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let client = admin.get_client(&id).await.client();
    let mut same = client.clone();
    let fields = same.as_object_mut().expect("an object");
    fields.retain(|_, value| !value.is_null());
    for changes in [json!({}), same] {
        let response = admin.update_client(&id, &changes).await;
        assert_eq!(response.client(), client);
    }
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn update_needs_the_current_version() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let changes = json!({ "client_name": "Other" });
    let path = format!("/api/auth/clients/{id}");
    let without = admin.request("PATCH", &path).json(&changes).await;
    without.assert_error(428, "precondition_required");
    for if_match in ["\"2\"", "1", "W/\"1\"", "\"x\"", "\"1\", \"2\"", "\"\""] {
        let response = admin.update_client_version(&id, if_match, &changes).await;
        response.assert_error(412, "version_mismatch");
        assert_eq!(response.message(), "The client was changed meanwhile");
    }
    let update = admin.update_client_version(&id, "\"1\"", &changes).await;
    update.assert_status(200);
    let again = admin.update_client_version(&id, "\"1\"", &changes).await;
    again.assert_error(412, "version_mismatch");
}

#[tokio::test]
async fn changed_properties_must_fit_together_with_the_others() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    for (changes, message) in [
        (
            json!({ "redirect_uris": [] }),
            "authorization_code requires redirect_uris",
        ),
        (
            json!({ "grant_types": ["client_credentials"] }),
            "Redirect URIs require authorization_code",
        ),
        (
            json!({ "scope": "users:read" }),
            "scope requires client_credentials",
        ),
        (
            json!({ "token_endpoint_auth_method": "none" }),
            "This authentication method requires another client",
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            "This authentication method requires another client",
        ),
    ] {
        let response = admin.update_client(&id, &changes).await;
        response.assert_error(400, "invalid_client_metadata");
        assert_eq!(response.message(), message, "{changes}");
    }
    let both = json!({ "grant_types": ["client_credentials"], "redirect_uris": [], "scope": "users:read" });
    let client = admin.update_client(&id, &both).await.client();
    assert_eq!(client["scope"], "users:read");
    let row = app.oauth_client_row(&id, "version").await;
    assert_eq!(row["version"], 2);
}

#[tokio::test]
async fn id_kind_secret_and_times_cannot_be_set() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let before = admin.get_client(&id).await.client();
    let changes = json!({
        "client_id": "x", "id": "x", "kind": "public", "client_secret": "x", "secret_hash": "x", "created_by": id,
        "created_at": "x", "version": 9, "last_used_at": "x"
    });
    let after = admin.update_client(&id, &changes).await.client();
    assert_eq!(after, before);
    assert_eq!(before["created_by"], Value::Null);
}
