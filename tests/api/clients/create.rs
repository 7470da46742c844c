//! `POST /api/auth/clients`: register an OAuth client.

use crate::support::internals::fingerprint;
use crate::support::{App, Vars, registration};
use serde_json::{Value, json};

#[tokio::test]
async fn client_with_a_secret_is_registered_and_its_secret_is_shown_once() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let response = admin
        .create_client(&json!({
            "client_name": " Dashboards\u{a0}",
            "redirect_uris": ["https://dashboards.example.com/callback", "http://127.0.0.1/cb"],
            "post_logout_redirect_uris": ["https://dashboards.example.com/"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "users:read audit:read",
            "unknown": {"x": [1]}
        }))
        .await;
    assert_eq!(response.header("etag"), Some("\"1\""));
    let (body, client) = (response.json(), response.client());
    let secret = body["client_secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 43);
    let (id, created_at) = (response.client_id(), client["created_at"].clone());
    let expected = json!({
        "client_id": id,
        "kind": "confidential",
        "client_name": "Dashboards",
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": ["https://dashboards.example.com/callback", "http://127.0.0.1/cb"],
        "post_logout_redirect_uris": ["https://dashboards.example.com/"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scope": "users:read audit:read",
        "jwks": null,
        "is_active": true,
        "secret_created_at": created_at,
        "created_at": created_at,
        "updated_at": created_at,
        "created_by": admin.user_id(),
        "last_used_at": null,
        "version": 1
    });
    assert_eq!(client, expected);
    let shown = admin.get_client(&id).await;
    assert_eq!(shown.client(), expected);
    assert!(!shown.text().contains(secret));
    let row = app.oauth_client_row(&id, "secret_hash, kind").await;
    let expected = json!({ "secret_hash": fingerprint(secret), "kind": "confidential" });
    assert_eq!(row, expected);
    let entry = ("client_created".to_owned(), "confidential".to_owned());
    assert_eq!(app.client_entries(&id).await, [entry]);
}

#[tokio::test]
async fn defaults_are_those_of_rfc_7591() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let nulls = json!({
        "client_name": "App", "redirect_uris": ["https://app.example.com/callback"], "token_endpoint_auth_method": null,
        "post_logout_redirect_uris": null, "grant_types": null, "scope": null, "jwks": null
    });
    for body in [registration("App"), nulls] {
        let client = admin.create_client(&body).await.client();
        let method = &client["token_endpoint_auth_method"];
        assert_eq!(method, "client_secret_basic");
        assert_eq!(client["grant_types"], json!(["authorization_code"]));
        assert_eq!(client["scope"], "");
    }
}

#[tokio::test]
async fn public_client_has_no_secret() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let mut body = registration("Command line");
    body["token_endpoint_auth_method"] = json!("none");
    body["redirect_uris"] = json!(["http://[::1]/cb", "com.example.app:/cb"]);
    let response = admin.create_client(&body).await;
    let client = response.client();
    assert_eq!(response.json()["client_secret"], Value::Null);
    assert_eq!(client["kind"], "public");
    assert_eq!(client["secret_created_at"], Value::Null);
    let row = app
        .oauth_client_row(&response.client_id(), "secret_hash, jwks")
        .await;
    assert_eq!(row, json!({ "secret_hash": null, "jwks": null }));
    // Names need not be unique.
    let other = admin.create_client(&body).await.client_id();
    assert_ne!(other, response.client_id());
}

#[tokio::test]
async fn properties_that_do_not_fit_together_are_refused_with_the_reason() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let uris = ["https://app.example.com/"];
    for (properties, message) in [
        (json!({ "grant_types": [] }), "grant_types is empty"),
        (json!({}), "authorization_code requires redirect_uris"),
        (
            json!({ "grant_types": ["refresh_token"] }),
            "refresh_token requires authorization_code",
        ),
        (
            json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" }),
            "A public client cannot have client_credentials",
        ),
        (
            json!({ "grant_types": ["client_credentials"], "redirect_uris": uris }),
            "Redirect URIs require authorization_code",
        ),
        (
            json!({ "grant_types": ["client_credentials"], "post_logout_redirect_uris": uris }),
            "Redirect URIs require authorization_code",
        ),
        (
            json!({ "redirect_uris": uris, "scope": "users:read" }),
            "scope requires client_credentials",
        ),
        (
            json!({ "redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt" }),
            "private_key_jwt requires jwks",
        ),
    ] {
        let mut body = properties;
        body["client_name"] = json!("App");
        let response = admin.create_client(&body).await;
        response.assert_error(400, "invalid_client_metadata");
        assert_eq!(response.message(), message, "{body}");
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn client_beyond_the_maximum_is_refused_until_one_is_deleted() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("super_admin").await;
    let first = app.seed_oauth_client("First").await;
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 499)
               INSERT INTO oauth_clients
                 (id, name, name_search, kind, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types, scope,
                  is_active, created_at, updated_at)
               SELECT 'x' || n, 'x', 'x', 'public', 'none', '[]', '[]', '[]', '', 1, ?1, ?1 FROM numbers";
    app.sql(sql, ["2024-01-01T00:00:00Z"]).await;
    let create = admin.create_client(&registration("App")).await;
    create.assert_error(409, "too_many_clients");
    let entries = "SELECT count(*) AS n FROM audit WHERE kind = 'client_created'";
    assert_eq!(app.count(entries, [0; 0]).await, 0);
    admin.delete_client(&first, "*").await.assert_status(200);
    let create = admin.create_client(&registration("App")).await;
    create.assert_status(200);
}

/// Of several requests at the same time, as many succeed as there is room for.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn registrations_at_the_same_time_do_not_exceed_the_maximum() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("super_admin").await;
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 497)
               INSERT INTO oauth_clients
                 (id, name, name_search, kind, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types, scope,
                  is_active, created_at, updated_at)
               SELECT 'x' || n, 'x', 'x', 'public', 'none', '[]', '[]', '[]', '', 1, ?1, ?1 FROM numbers";
    app.sql(sql, ["2024-01-01T00:00:00Z"]).await;
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..12 {
        let create = admin.create_client(&registration(&format!("App {number}")));
        requests.spawn(std::future::IntoFuture::into_future(create));
    }
    let responses = requests.join_all().await;
    let created = responses.iter().filter(|response| response.status == 200);
    assert_eq!(created.count(), 3);
    for sql in [
        "SELECT count(*) - 497 AS n FROM oauth_clients",
        "SELECT count(*) AS n FROM audit WHERE kind = 'client_created'",
    ] {
        assert_eq!(app.count(sql, [0; 0]).await, 3, "{sql}");
    }
}
