//! A service and an application that use oauth4webapi, a strict client library. The service tests discovery, client credentials
//! with each method, introspection and revocation. The application tests the authorization code with PKCE, the ID token, user info
//! and refresh.

use super::token::app;
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::WEB;
use crate::support::services::METHODS;
use crate::support::{App, node};
use serde_json::{Value, json};
use std::process::Command;

fn script() -> Command {
    let mut script = Command::new(node());
    script.arg(super::jwks::modules().join("client.mjs"));
    script
}

fn output(mut script: Command) -> Value {
    let output = script.output().expect("the script");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What the library finds as a service with this method.
async fn use_service(app: &App, method: &'static str) -> (String, Value) {
    let service = app.service(method, "reports:read").await;
    let mut script = script();
    if let Some((_, algorithm)) = method.split_once(' ') {
        let mut create = self::script();
        create.arg("keys").env("ALGORITHM", algorithm);
        let keys = output(create);
        let set = json!({ "keys": [keys["public"]] }).to_string();
        let sql = "UPDATE oauth_clients SET jwks = ?2 WHERE id = ?1";
        app.sql(sql, [service.id.as_str(), &set]).await;
        script.env("KEY", keys["private"].to_string());
        script.env("ALGORITHM", algorithm);
    }
    script
        .env("METHOD", method.split(' ').next().expect("a method"))
        .env("CLIENT_ID", &service.id)
        .env("SECRET", &service.secret)
        .env("ISSUER", app.page_origin())
        .env("ORIGIN", app.server().origin())
        .env("RESOURCE", RESOURCE);
    (service.id, output(script))
}

#[tokio::test]
#[ignore = "slow"]
async fn oauth4webapi_gets_introspects_and_revokes_a_token_with_each_method() {
    let app = app();
    for method in METHODS {
        let (id, found) = use_service(&app, method).await;
        let expected = json!({
            "active": true, "afterwards": { "active": false }, "client_id": id, "sub": id, "expires_in": 600,
            "scope": "reports:read", "token_type": "bearer"
        });
        assert_eq!(found, expected, "{method}");
    }
}

#[tokio::test]
async fn oauth4webapi_does_the_whole_flow_of_an_application() {
    let app = app();
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    for (resource, scope) in [
        ("", "openid profile email offline_access"),
        (RESOURCE, "openid reports:read"),
    ] {
        let service = app.application("none").await;
        let script = |step: &str| {
            let mut script = Command::new(node());
            script
                .arg(super::jwks::modules().join("application.mjs"))
                .arg(step)
                .env("CLIENT_ID", &service.id)
                .env("ISSUER", app.page_origin())
                .env("ORIGIN", app.server().origin())
                .env("REDIRECT_URI", WEB)
                .env("RESOURCE", resource)
                .env("SCOPE", scope);
            script
        };
        let begun = output(script("begin"));
        let url = begun["url"].as_str().expect("an address");
        let path = url.strip_prefix(&app.page_origin()).expect("a path");
        let pending = browser.get(path).await.sealed_request();
        let callback = pending.allow(&browser).await;
        let mut end = script("end");
        end.env("KEPT", begun["kept"].to_string())
            .env("CALLBACK", callback.as_str());
        let found = output(end);
        let expected = json!({ "sub": ada.id, "scope": scope, "rotated": true });
        for name in ["sub", "scope", "rotated"] {
            assert_eq!(found[name], expected[name], "{resource}");
        }
        if resource.is_empty() {
            let user = &found["user"];
            assert_eq!(
                (&user["sub"], &user["email"]),
                (&json!(ada.id), &json!(ada.email))
            );
        }
    }
}
