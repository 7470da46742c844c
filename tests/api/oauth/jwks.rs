//! `GET /oauth/jwks.json`: the public halves of the keys that sign access tokens.

use crate::support::access_tokens::RESOURCE;
use crate::support::{App, Fault, Response, SIGNING_KEYS, Vars, installed, node};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PATH: &str = "/oauth/jwks.json";

fn with_both_keys() -> Vars {
    Vars::new().set("OAUTH_KEY_2", SIGNING_KEYS[1])
}

/// The ids of the published keys.
fn kids(response: &Response) -> Vec<Value> {
    let body = response.assert_status(200).json();
    let keys = body["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].clone()).collect()
}

fn kid(key: &str) -> Value {
    let key: Value = serde_json::from_str(key).expect("a JWK");
    key["kid"].clone()
}

#[tokio::test]
async fn jwks_returns_exactly_the_public_members_of_each_key_and_reads_no_store() {
    let app = App::with(with_both_keys());
    app.fault(Fault::d1().fails()).await;
    app.fault(Fault::kv().fails()).await;
    let response = app.get(PATH).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    access-control-allow-origin: *
    access-control-expose-headers: ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    {
      "keys": [
        {
          "kty": "EC",
          "crv": "P-256",
          "x": "h7LYOKmr7uiNGxWcrOy5L-K7OKUWxDw3E8eQKeZaOrc",
          "y": "JvKy4vzIw9850x3O6v-na8-vWZTyPJp8Cvxg72r3sI4",
          "kid": "XSUFQvnBVbplSbs2Yl6NjaS0skQAxNUuqgxKFuBWIwU",
          "alg": "ES256",
          "use": "sig"
        },
        {
          "kty": "EC",
          "crv": "P-256",
          "x": "3PZBZg0QFGQ9jzpwnY1BUmF9cCIOgGP6bJjXVVvZm-o",
          "y": "47kAnVHOqpSwlhE4SG32um_CAi4D34eqpugO8tamsmQ",
          "kid": "LLsvcC17NJOhZktzY0qsYoDcIb5NUGKQ1k_YYVpMyDE",
          "alg": "ES256",
          "use": "sig"
        }
      ]
    }
    "#);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=300")
    );
    assert!(response.recorded().await.calls.is_empty());
    for key in SIGNING_KEYS {
        let private: Value = serde_json::from_str(key).expect("a JWK");
        assert!(!response.text().contains(private["d"].as_str().expect("d")));
    }
}

#[tokio::test]
async fn active_key_is_published_first() {
    let [one, two] = SIGNING_KEYS.map(kid);
    let app = App::shared();
    assert_eq!(kids(&app.get(PATH).await), vec![one.clone()]);
    let app = App::with(with_both_keys().set("OAUTH_ACTIVE_KEY", "2"));
    assert_eq!(kids(&app.get(PATH).await), [two, one]);
}

#[tokio::test]
async fn jwks_without_a_key_returns_404() {
    let app = App::with(Vars::new().without("OAUTH_KEY_1"));
    let response = app.get(PATH).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    404
    access-control-allow-origin: *
    access-control-expose-headers: ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    edge-auth-error: oauth_disabled
    {
      "error": "invalid_request",
      "error_description": "OAuth is not configured"
    }
    "#);
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn web_application_of_any_origin_can_read_the_keys_without_credentials() {
    let app = App::shared();
    for origin in ["https://client.example", "http://localhost:3000", "null"] {
        let response = app.get(PATH).header("origin", origin).await;
        let preflight = app
            .request("OPTIONS", PATH)
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let preflight = preflight.await;
        preflight.assert_status(204);
        for response in [response, preflight] {
            let allowed = response.header("access-control-allow-origin");
            assert_eq!(allowed, Some("*"), "{origin}");
            let credentials = response.header("access-control-allow-credentials");
            assert_eq!(credentials, None, "{origin}");
        }
    }
    let response = app
        .post(PATH)
        .header("origin", "https://client.example")
        .await;
    response.assert_error(405, "method_not_allowed");
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn credentials_of_a_caller_are_ignored() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let keys = app.get(PATH).await;
    for token in [session.token(), "garbage"] {
        let response = app.with_token(token).get(PATH).await;
        assert_eq!(response.assert_status(200).text(), keys.text());
    }
}

#[tokio::test]
async fn invalid_key_is_misconfigured_and_never_logged() {
    let short = SIGNING_KEYS[0].replacen("\"x\":\"h7LY", "\"x\":\"", 1);
    let app = App::isolated(Vars::new().set("OAUTH_KEY_1", &short));
    let response = app.get(PATH).await;
    let body = json!({
        "error": "temporarily_unavailable",
        "error_description": "Service temporarily unavailable"
    });
    assert_eq!(response.assert_status(503).json(), body);
    let logs = app.server().logs();
    let lines: Vec<&String> = logs.iter().map(|(_, line)| line).collect();
    let is_it = |line: &&&String| line.contains("misconfigured") && line.contains("OAUTH_KEY_1");
    let found: Vec<_> = lines.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{lines:?}");
    assert!(found[0].contains("exactly 32 bytes"), "{found:?}");
    let private: Value = serde_json::from_str(SIGNING_KEYS[0]).expect("a JWK");
    for name in ["x", "y", "d", "kid"] {
        let value = private[name].as_str().expect("a text");
        assert!(
            !lines.iter().any(|line| line.contains(&value[8..])),
            "{name}"
        );
    }
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/oauth/verifiers");

/// The names of the verifiers, each with the command that runs it.
pub fn verifiers() -> [(&'static str, Command); 3] {
    let python = installed::python("jwt", include_str!("verifiers/requirements.txt"));
    let [joserfc, pyjwt] = ["joserfc", "pyjwt"].map(|name| {
        let mut command = Command::new(&python);
        command.arg(format!("{FOLDER}/verify.py")).arg(name);
        command
    });
    let mut jose = Command::new(node());
    jose.arg(modules().join("verify.mjs"));
    [("jose", jose), ("joserfc", joserfc), ("pyjwt", pyjwt)]
}

/// The folder with the scripts and their packages.
pub fn modules() -> PathBuf {
    let lock = include_str!("verifiers/package-lock.json");
    let scripts = [
        include_str!("verifiers/verify.mjs"),
        include_str!("verifiers/client.mjs"),
        include_str!("verifiers/application.mjs"),
    ];
    installed::once("jose", &format!("{lock}{}", scripts.concat()), |folder| {
        let names = [
            "package.json",
            "package-lock.json",
            "verify.mjs",
            "client.mjs",
            "application.mjs",
        ];
        for name in names {
            fs::copy(Path::new(FOLDER).join(name), folder.join(name)).expect("a copy");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        installed::run(npm.current_dir(folder));
    })
}

/// What a verifier prints: the subject of the token, or the reason why it is refused.
pub fn verdict(command: &mut Command, app: &App, token: &str) -> String {
    let url = format!("{}{PATH}", app.server().origin());
    let output = command
        .env("JWKS_URL", url)
        .env("ISSUER", app.page_origin())
        .env("AUDIENCE", RESOURCE)
        .env("TOKEN", token)
        .output()
        .expect("a verifier");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
#[ignore = "slow"]
async fn jose_joserfc_and_pyjwt_verify_tokens_of_each_published_key_and_no_others() {
    const SUBJECT: &str = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
    let app = App::with(with_both_keys().set("OAUTH_ACTIVE_KEY", "2"));
    let [old, new] = SIGNING_KEYS;
    let (old, new) = (
        app.access_token(old, SUBJECT).await,
        app.access_token(new, SUBJECT).await,
    );
    // A signature of the other key.
    let (message, _) = old.rsplit_once('.').expect("a signature");
    let (_, signature) = new.rsplit_once('.').expect("a signature");
    let forged = format!("{message}.{signature}");
    // The keys of a service that has removed the old one.
    let after = App::with(Vars::new().set("OAUTH_KEY_1", SIGNING_KEYS[1]));
    let removed = after.access_token(SIGNING_KEYS[0], SUBJECT).await;
    let accepted = format!("accepted {SUBJECT}");
    for (name, mut command) in verifiers() {
        for token in [&old, &new] {
            assert_eq!(verdict(&mut command, &app, token), accepted, "{name}");
        }
        for (app, token) in [(&app, &forged), (&after, &removed)] {
            let found = verdict(&mut command, app, token);
            assert!(found.starts_with("refused "), "{name}: {found}");
        }
    }
}
