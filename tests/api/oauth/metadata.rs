//! `GET /.well-known/oauth-authorization-server`: the metadata of the OAuth server.

use super::token::app;
use crate::support::services::with_resources;
use crate::support::{App, Fault};
use serde_json::json;

const PATH: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn metadata_lists_what_exists_and_reads_no_store() {
    let app = app().another_view();
    app.fault(Fault::d1().fails()).await;
    app.fault(Fault::kv().fails()).await;
    let response = app.get(PATH).await;
    let issuer = app.page_origin();
    let url = |path: &str| format!("{issuer}{path}");
    let confidential = [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ];
    let methods = [&["none"], &confidential[..]].concat();
    let algorithms = ["ES256", "EdDSA", "Ed25519", "RS256"];
    let expected = json!({
        "issuer": issuer,
        "authorization_endpoint": url("/oauth/authorize"),
        "end_session_endpoint": url("/oauth/logout"),
        "token_endpoint": url("/oauth/token"),
        "userinfo_endpoint": url("/oauth/userinfo"),
        "introspection_endpoint": url("/oauth/introspect"),
        "revocation_endpoint": url("/oauth/revoke"),
        "jwks_uri": url("/oauth/jwks.json"),
        "scopes_supported": [
            "openid", "profile", "email", "roles", "offline_access", "reports:read", "reports:write", "reports:delete", "mail:send",
            "users:read", "users:write", "audit:read"
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", "name", "preferred_username", "updated_at",
            "email", "email_verified", "roles"
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms
    });
    assert_eq!(response.assert_status(200).json(), expected);
    let cached = response.header("cache-control");
    assert_eq!(cached, Some("public, max-age=300"));
    let origin = response.header("access-control-allow-origin");
    assert_eq!(origin, Some("*"));
    assert!(response.recorded().await.calls.is_empty());
}

#[tokio::test]
async fn each_endpoint_of_the_metadata_exists() {
    let app = app();
    let metadata = app.get(PATH).await.json();
    let mut count = 0;
    for (name, url) in metadata.as_object().expect("an object") {
        let Some(path) = url
            .as_str()
            .and_then(|url| url.strip_prefix(&app.page_origin()))
        else {
            continue;
        };
        if path.is_empty() {
            continue;
        }
        let method = if name == "jwks_uri" { "GET" } else { "POST" };
        let response = app.request(method, path).await;
        let expected: &[u16] = match name.as_str() {
            "userinfo_endpoint" => &[401],
            _ => &[200, 303, 400],
        };
        assert!(expected.contains(&response.status), "{name}");
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

#[tokio::test]
async fn scopes_without_resources_are_those_of_no_resource_and_of_the_administration() {
    let app = App::shared();
    let metadata = app.get(PATH).await.json();
    let scopes = json!([
        "openid",
        "profile",
        "email",
        "roles",
        "offline_access",
        "users:read",
        "users:write",
        "audit:read"
    ]);
    assert_eq!(metadata["scopes_supported"], scopes);
}

#[tokio::test]
async fn metadata_does_not_exist_without_a_key() {
    let app = App::with(with_resources().without("OAUTH_KEY_1"));
    app.get(PATH).await.assert_error(404, "oauth_disabled");
}

#[tokio::test]
async fn other_forms_of_the_address_do_not_exist() {
    let app = app();
    for path in [
        "/.well-known/oauth-authorization-server/",
        "/.well-known/oauth-authorization-server/oauth",
        "/oauth/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/",
        "/oauth/.well-known/openid-configuration",
    ] {
        app.get(path).await.assert_error(404, "not_found");
    }
    let response = app.post(PATH).await;
    response.assert_error(405, "method_not_allowed");
}
