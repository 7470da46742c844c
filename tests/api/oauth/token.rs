//! `POST /oauth/token` with client credentials.

use super::jwks::{verdict, verifiers};
use crate::support::access_tokens::RESOURCE;
use crate::support::secrets::{assert_searched, stored_and_logged};
use crate::support::services::{GRANT, METHODS, Service, TOKEN, with_resources};
use crate::support::{App, Fault, SIGNING_KEYS, Vars};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

pub fn app() -> App {
    App::with(with_resources())
}

/// The payload of a token.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, index: usize) -> Value {
    let segment = token.split('.').nth(index).expect("a segment");
    let bytes = Base64UrlUnpadded::decode_vec(segment).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Kind, subject and detail of the entries about a service.
async fn entries(service: &Service) -> Vec<Value> {
    let sql = "SELECT kind, outcome, actor, subject, detail FROM audit WHERE subject = ?1 ORDER BY number";
    service.app().sql(sql, [service.id.as_str()]).await
}

/// The only entry about a service.
async fn entry(service: &Service) -> Value {
    let entries = entries(service).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

#[tokio::test]
async fn token_request_returns_the_documented_response() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let response = service.request_token().await;
    let token = response.json()["access_token"].clone();
    let token = token.as_str().expect("a token");
    let shown = response.snapshot().replace(token, "[token]");
    insta::assert_snapshot!(shown, @r#"
    200
    access-control-allow-origin: *
    access-control-expose-headers: ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    edge-auth-expires: [time]
    {
      "access_token": "[token]",
      "token_type": "Bearer",
      "expires_in": 600,
      "scope": "reports:read"
    }
    "#);
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn token_has_the_claims_of_rfc_9068_and_nothing_else() {
    let app = app();
    for method in METHODS {
        let service = app
            .service(method, "reports:write reports:read other")
            .await;
        let before = app.unix_time();
        let token = service.token().await;
        let header = part(&token, 0);
        let key: Value = serde_json::from_str(SIGNING_KEYS[0]).expect("a JWK");
        let expected = json!({ "alg": "ES256", "kid": key["kid"], "typ": "at+jwt" });
        assert_eq!(header, expected, "{method}");
        let claims = claims(&token);
        let issued_at = claims["iat"].as_i64().expect("a time");
        // The clock of the runtime stands still during a request, and may be a second behind.
        let possible = before - 2..=app.unix_time();
        assert!(possible.contains(&issued_at), "{method}");
        let expected = json!({
            "iss": app.page_origin(), "sub": service.id, "aud": RESOURCE, "client_id": service.id, "iat": issued_at,
            "exp": issued_at + 600, "jti": claims["jti"], "scope": "reports:write reports:read"
        });
        assert_eq!(claims, expected, "{method}");
        assert_ne!(service.token().await, token, "{method}");
    }
}

#[tokio::test]
async fn token_is_recorded_with_client_scopes_and_resource_in_one_call_of_d1() {
    let app = app();
    for method in METHODS {
        let service = app.service(method, "reports:read").await;
        let response = service.request_token().await;
        response.assert_status(200);
        // The client is read, and everything is written in one batch.
        assert_eq!(response.recorded().await.d1(), 2, "{method}");
        let detail = format!("client {}: reports:read at {RESOURCE}", service.id);
        let expected = json!({
            "kind": "client_token_issued", "outcome": "success", "actor": null, "subject": service.id, "detail": detail
        });
        assert_eq!(entry(&service).await, expected, "{method}");
        let row = app
            .oauth_client_row(&service.id, "last_used_at, version")
            .await;
        assert!(row["last_used_at"].is_string(), "{method}");
        assert_eq!(row["version"], 1, "{method}");
    }
}

#[tokio::test]
async fn scope_is_that_of_client_resource_and_request() {
    let app = app();
    let own = "reports:read mail:send reports:write unknown";
    let service = app.service("client_secret_post", own).await;
    for (resource, scope, expected) in [
        (RESOURCE, None, Ok("reports:read reports:write")),
        (RESOURCE, Some(""), Ok("reports:read reports:write")),
        (RESOURCE, Some("reports:write"), Ok("reports:write")),
        (
            RESOURCE,
            Some("reports:write reports:read"),
            Ok("reports:write reports:read"),
        ),
        ("https://mail.example.com/", None, Ok("mail:send")),
        (
            "HTTPS://API.Example.COM/v1",
            Some("reports:read"),
            Ok("reports:read"),
        ),
        (RESOURCE, Some("reports:delete"), Err("invalid_scope")),
        (RESOURCE, Some("mail:send"), Err("invalid_scope")),
        (RESOURCE, Some("unknown"), Err("invalid_scope")),
        (RESOURCE, Some("reports:read unknown"), Err("invalid_scope")),
        (RESOURCE, Some("openid"), Err("invalid_scope")),
        (
            RESOURCE,
            Some("reports:read  reports:write"),
            Err("invalid_scope"),
        ),
        (
            RESOURCE,
            Some("reports:read reports:read"),
            Err("invalid_scope"),
        ),
        (RESOURCE, Some(" "), Err("invalid_scope")),
        ("", None, Err("invalid_target")),
        ("https://api.example.com/v1/", None, Err("invalid_target")),
        ("https://api.example.com/V1", None, Err("invalid_target")),
        ("https://api.example.com/v1#x", None, Err("invalid_target")),
        ("https://mail.example.com", None, Err("invalid_target")),
        ("https://unknown.example.com", None, Err("invalid_target")),
        ("api.example.com/v1", None, Err("invalid_target")),
    ] {
        let mut form = vec![("grant_type", "client_credentials"), ("resource", resource)];
        form.extend(scope.map(|scope| ("scope", scope)));
        let response = service.post(TOKEN, &form).await;
        match expected {
            Ok(granted) => {
                let body = response.assert_status(200).json();
                assert_eq!(body["scope"], granted, "{form:?}");
                let token = body["access_token"].as_str().expect("a token");
                assert_eq!(claims(token)["scope"], granted, "{form:?}");
            }
            Err(code) => {
                let body = response.assert_error(400, code).json();
                assert_eq!(body["error"], code, "{form:?}");
            }
        }
    }
    let app = App::shared();
    let service = app.service("client_secret_post", own).await;
    let without_resources = service.request_token().await;
    without_resources.assert_error(400, "invalid_target");
    assert_eq!(entries(&service).await, Vec::<Value>::new());
}

#[tokio::test]
async fn client_without_a_scope_at_the_resource_gets_no_token() {
    let app = app();
    for own in ["", "mail:send", "reports"] {
        let service = app.service("client_secret_basic", own).await;
        let response = service.request_token().await;
        response.assert_error(400, "invalid_scope");
        let row = app.oauth_client_row(&service.id, "last_used_at").await;
        assert_eq!(row, json!({ "last_used_at": null }));
    }
}

#[tokio::test]
async fn other_grants_and_clients_get_the_errors_of_rfc_6749() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    for grant in [
        "password",
        "implicit",
        "Client_Credentials",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        let form = [("grant_type", grant), ("resource", RESOURCE)];
        let response = service.post(TOKEN, &form).await;
        let body = response.assert_error(400, "unsupported_grant_type").json();
        assert_eq!(body["error"], "unsupported_grant_type");
    }
    let sql = "UPDATE oauth_clients SET grant_types = '[\"authorization_code\"]' WHERE id = ?1";
    app.sql(sql, [service.id.as_str()]).await;
    let response = service.request_token().await;
    let body = response.assert_error(400, "unauthorized_client").json();
    assert_eq!(body["error"], "unauthorized_client");
    let id = app.public_client().await;
    let form = [&GRANT[..], &[("client_id", id.as_str())]].concat();
    let response = app.post(TOKEN).form(&form).await;
    response.assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn registered_client_gets_a_token_until_it_is_changed_disabled_or_deleted() {
    let app = app();
    let admin = app.administrator("super_admin").await;
    let registration = json!({
        "client_name": "Report", "grant_types": ["client_credentials"], "scope": "reports:read"
    });
    let created = admin.create_client(&registration).await;
    let secret = created.json()["client_secret"].clone();
    let mut service = app.service("client_secret_basic", "").await;
    service.id = created.client_id();
    service.secret = secret.as_str().expect("a secret").to_owned();
    service.token().await;
    let changed = admin.update_client(&service.id, &json!({ "scope": "mail:send" }));
    changed.await.assert_status(200);
    let response = service.request_token().await;
    response.assert_error(400, "invalid_scope");
    let changed =
        json!({ "scope": "reports:read", "token_endpoint_auth_method": "client_secret_post" });
    admin
        .update_client(&service.id, &changed)
        .await
        .assert_status(200);
    let failed = "client_authentication_failed";
    service.request_token().await.assert_error(401, failed);
    service.method = "client_secret_post";
    service.token().await;
    let new = admin.new_client_secret(&service.id, "*").await;
    service.request_token().await.assert_error(401, failed);
    let secret = new.json()["client_secret"].clone();
    service.secret = secret.as_str().expect("a secret").to_owned();
    service.token().await;
    let disabled = admin.update_client(&service.id, &json!({ "is_active": false }));
    disabled.await.assert_status(200);
    service.request_token().await.assert_error(401, failed);
    let enabled = admin.update_client(&service.id, &json!({ "is_active": true }));
    enabled.await.assert_status(200);
    service.token().await;
    admin
        .delete_client(&service.id, "*")
        .await
        .assert_status(200);
    service.request_token().await.assert_error(401, failed);
}

#[tokio::test]
async fn client_that_is_disabled_during_its_request_gets_no_token() {
    let app = app();
    for method in ["client_secret_basic", "private_key_jwt ES256"] {
        let service = app.service(method, "reports:read").await;
        let pause = Fault::d1().matching("SET last_used_at").pauses();
        let paused = app.fault(pause).await;
        let waiting = tokio::spawn(service.request_token().send());
        paused.wait_for_hits(1).await;
        let sql = "UPDATE oauth_clients SET is_active = 0, version = version + 1 WHERE id = ?1";
        app.sql(sql, [service.id.as_str()]).await;
        paused.release().await;
        let response = waiting.await.expect("a response");
        response.assert_error(401, "client_authentication_failed");
        let details: Vec<_> = entries(&service).await;
        assert_eq!(details.len(), 1, "{details:?}");
        assert_eq!(details[0]["kind"], "client_authentication_failed");
    }
}

#[tokio::test]
async fn without_a_key_there_is_no_token_endpoint() {
    let app = App::with(with_resources().without("OAUTH_KEY_1"));
    let service = app.service("client_secret_basic", "reports:read").await;
    let response = service.request_token().await;
    response.assert_error(404, "oauth_disabled");
    assert!(response.recorded().await.calls.is_empty());
}

#[tokio::test]
async fn key_that_cannot_sign_is_a_logged_server_error_and_records_no_token() {
    // The public half of another key: its form is valid, and only the platform can tell.
    let mut key: Value = serde_json::from_str(SIGNING_KEYS[0]).expect("a JWK");
    let other: Value = serde_json::from_str(SIGNING_KEYS[1]).expect("a JWK");
    for name in ["x", "y", "kid"] {
        key[name] = other[name].clone();
    }
    let app = App::isolated(with_resources().set("OAUTH_KEY_1", &key.to_string()));
    let service = app.service("private_key_jwt EdDSA", "reports:read").await;
    let response = service.request_token().await;
    let body = response.assert_error(500, "signing_failed").json();
    assert_eq!(body["error"], "server_error");
    let recorded = response.recorded().await;
    assert!(
        recorded.logged("error", "unusable_signing_key"),
        "{:?}",
        recorded.logs
    );
    assert_eq!(entries(&service).await, Vec::<Value>::new());
    let used = app
        .run_sql("SELECT count(*) AS count FROM used_assertions")
        .await;
    assert_eq!(used[0]["count"], 0);
}

#[tokio::test]
async fn rotation_of_the_key_changes_the_kid_and_refuses_no_token() {
    let [one, two] = SIGNING_KEYS;
    let with = |vars: Vars, active: &str| {
        let vars = vars.set("OAUTH_KEY_1", one).set("OAUTH_KEY_2", two);
        vars.set("OAUTH_ACTIVE_KEY", active)
    };
    let mut tokens = Vec::new();
    for (active, key) in [("1", one), ("2", two)] {
        let app = App::with(with(with_resources(), active));
        let service = app.service("client_secret_basic", "reports:read").await;
        let token = service.token().await;
        let key: Value = serde_json::from_str(key).expect("a JWK");
        assert_eq!(part(&token, 0)["kid"], key["kid"]);
        let published = app.get("/oauth/jwks.json").await.json();
        let kids: Vec<_> = published["keys"].as_array().expect("keys").iter().collect();
        assert!(kids.iter().any(|published| published["kid"] == key["kid"]));
        assert_eq!(kids.len(), 2);
        tokens.push(token);
    }
    assert_ne!(part(&tokens[0], 0), part(&tokens[1], 0));
}

#[tokio::test]
async fn jose_joserfc_and_pyjwt_verify_issued_tokens_with_the_published_keys() {
    let app = app();
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let token = service.token().await;
    let (message, _) = token.rsplit_once('.').expect("a signature");
    let other = service.token().await;
    let (_, signature) = other.rsplit_once('.').expect("a signature");
    let forged = format!("{message}.{signature}");
    for (name, mut command) in verifiers() {
        let found = verdict(&mut command, &app, &token);
        assert_eq!(found, format!("accepted {}", service.id), "{name}");
        let found = verdict(&mut command, &app, &forged);
        assert!(found.starts_with("refused "), "{name}: {found}");
    }
}

#[tokio::test]
async fn web_application_of_any_origin_can_ask_without_credentials_of_the_browser() {
    let app = app();
    let service = app.service("client_secret_post", "reports:read").await;
    for origin in ["https://client.example", "null"] {
        let response = service.request_token().header("origin", origin).await;
        let preflight = app.request("OPTIONS", TOKEN).header("origin", origin);
        let preflight = preflight
            .header("access-control-request-method", "POST")
            .await;
        response.assert_status(200);
        preflight.assert_status(204);
        for response in [response, preflight] {
            let allowed = response.header("access-control-allow-origin");
            assert_eq!(allowed, Some("*"), "{origin}");
            let credentials = response.header("access-control-allow-credentials");
            assert_eq!(credentials, None, "{origin}");
        }
    }
}

#[tokio::test]
async fn access_token_is_no_session_token_and_a_session_token_no_credential() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    for path in [
        "/api/auth/validate",
        "/api/auth/me",
        "/api/auth/sessions",
        "/api/auth/users/x",
    ] {
        let response = app.with_token(&token).get(path).await;
        response.assert_error(401, "invalid_token");
    }
    let refreshed = app.with_token(&token).post("/api/auth/refresh").await;
    refreshed.assert_error(401, "invalid_token");
    let session = app.super_admin("ada").await.sign_in().await;
    for bearer in [session.token(), &token] {
        let response = app.post(TOKEN).bearer(bearer).form(&GRANT).await;
        response.assert_error(401, "client_authentication_failed");
    }
}

#[tokio::test]
async fn secrets_assertions_and_tokens_are_neither_stored_nor_logged() {
    let app = App::isolated(with_resources());
    let mut texts = Vec::new();
    for method in [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt ES256",
    ] {
        let service = app.service(method, "reports:read").await;
        let claims = service.claims();
        let assertion = service.assertion(&claims);
        texts.push(service.token().await);
        if method.starts_with("private") {
            let request = service.post_assertion(TOKEN, &GRANT, &assertion);
            request.await.assert_status(200);
            texts.extend([assertion, claims["jti"].as_str().expect("an id").to_owned()]);
        } else {
            texts.push(service.secret.clone());
            let mut other = service.clone();
            other.secret = format!("wrong-{}", service.secret);
            other.request_token().await.assert_status(401);
            texts.push(other.secret);
        }
    }
    let lines = stored_and_logged(&app).await;
    assert_searched(
        &lines,
        &["D1 oauth_clients", "D1 used_assertions", "D1 audit "],
    );
    for text in texts {
        let found = lines.iter().find(|line| line.contains(&text));
        assert!(found.is_none(), "{text}: {found:?}");
    }
}
