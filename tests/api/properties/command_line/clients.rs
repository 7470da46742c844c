//! `client`: every command.

use crate::support::internals::fingerprint;
use crate::support::{App, Vars};
use serde_json::json;
use std::fs;

#[tokio::test]
async fn clients_are_registered_found_changed_and_deleted() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let create = [
        "client",
        "create",
        "Dashboards",
        "--redirect-uri",
        "https://a.example/1",
        "--redirect-uri",
        "http://127.0.0.1/2",
        "--grant-type",
        "authorization_code",
        "--grant-type",
        "refresh_token",
    ];
    let created = line.succeed(&create).await;
    assert!(
        created.starts_with("Client Dashboards registered. Its client_id is "),
        "{created}"
    );
    let (_, secret) = created.split_once("\n\n  ").expect("a secret");
    let client = line.json(&["client", "show", "Dashboards"]).await;
    let id = client["client_id"].as_str().expect("an id");
    assert_eq!(
        client["redirect_uris"],
        json!(["https://a.example/1", "http://127.0.0.1/2"])
    );
    assert_eq!(
        client["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    let row = app.oauth_client_row(id, "secret_hash").await;
    assert_eq!(row["secret_hash"], fingerprint(secret.trim()));
    let shown = line.succeed(&["client", "show", &id.to_uppercase()]).await;
    assert!(shown.starts_with("FIELD "), "{shown}");
    let update = [
        "client",
        "update",
        "Dashboards",
        "--name",
        "Boards",
        "--redirect-uri",
        "https://b.example/",
        "--disable",
        "--yes",
    ];
    assert_eq!(line.succeed(&update).await, "Client Dashboards changed.\n");
    let listed = line.json(&["client", "list", "--disabled"]).await;
    assert_eq!(listed[0]["client_name"], "Boards");
    assert_eq!(listed[0]["redirect_uris"], json!(["https://b.example/"]));
    let enable = line.json(&["client", "update", "Boards", "--enable"]).await;
    assert_eq!(enable["client"]["is_active"], true);
    let table = line.succeed(&["client", "list", "--term", "boa"]).await;
    assert!(
        table.starts_with("NAME ") && table.contains("\nBoards "),
        "{table}"
    );
    let new = line
        .json(&["client", "new-secret", "Boards", "--yes"])
        .await;
    let secret = new["client_secret"].as_str().expect("a secret");
    let row = app.oauth_client_row(id, "secret_hash").await;
    assert_eq!(row["secret_hash"], fingerprint(secret));
    let user = app.user("ada").await;
    let grant = app.seed_grant(&user.id, id).await;
    let revoked = line
        .succeed(&["client", "revoke-grants", "Boards", "--yes"])
        .await;
    assert_eq!(revoked, "All grants to client Boards are revoked.\n");
    assert!(!app.is_grant_live(&grant).await);
    let again = line
        .json(&["client", "revoke-grants", "Boards", "--yes"])
        .await;
    assert_eq!(again["client"]["client_id"], id);
    for command in ["delete", "new-secret", "revoke-grants"] {
        let error = line.fail(2, &["client", command, "Boards"]).await;
        assert!(error.contains("missing --yes"), "{error}");
    }
    let deleted = line.succeed(&["client", "delete", "Boards", "--yes"]).await;
    assert_eq!(deleted, "Client Boards deleted.\n");
    let error = line.fail(1, &["client", "show", "Boards"]).await;
    assert_eq!(error, "error: client 'Boards' not found\n");
    let error = line.fail(1, &["client", "show", id]).await;
    assert_eq!(error, format!("error: client '{id}' not found\n"));
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn keys_are_read_from_a_file_and_private_ones_are_not_sent() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let file = line.file("keys.json");
    let create = [
        "client",
        "create",
        "Service",
        "--auth-method",
        "private_key_jwt",
        "--grant-type",
        "client_credentials",
        "--scope",
        "users:read",
        "--jwks",
        &file,
    ];
    let mut private = key.clone();
    private["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    for text in [
        "x".to_owned(),
        json!({ "keys": [] }).to_string(),
        key.to_string(),
        json!({ "keys": [private] }).to_string(),
    ] {
        fs::write(&file, text).expect("a file");
        let error = line.fail(1, &create).await;
        assert!(error.contains("is not a JWK Set"), "{error}");
    }
    fs::write(&file, json!({ "keys": [key] }).to_string()).expect("a file");
    let created = line.succeed(&create).await;
    assert!(!created.contains("secret"), "{created}");
    let client = line.json(&["client", "show", "Service"]).await;
    assert_eq!(client["jwks"]["keys"][0]["x"], key["x"]);
    assert_eq!(client["scope"], "users:read");
    let error = line.fail(1, &["client", "new-secret", "Service", "--yes"]);
    let error = error.await;
    assert!(
        error.contains("409 Conflict: The client has no secret"),
        "{error}"
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn name_of_several_clients_is_refused() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let (one, other) = (
        app.seed_oauth_client("App").await,
        app.seed_oauth_client("App").await,
    );
    app.seed_oauth_client("app").await;
    let error = line.fail(1, &["client", "show", "App"]).await;
    assert!(
        error.starts_with("error: 'App' matches several clients; "),
        "{error}"
    );
    assert!(error.contains(&one) && error.contains(&other), "{error}");
    let shown = line.json(&["client", "show", "app"]).await;
    assert_eq!(shown["client_name"], "app");
    let limited = line.json(&["client", "list", "--limit", "2"]).await;
    assert_eq!(limited.as_array().map(Vec::len), Some(2));
    let active = line.json(&["client", "list", "--active"]).await;
    assert_eq!(active.as_array().map(Vec::len), Some(3));
}
