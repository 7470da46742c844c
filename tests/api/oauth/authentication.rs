//! The authentication of clients at the token endpoint: the registered method and no other.

use super::token::app;
use crate::support::Response;
use crate::support::services::{GRANT, METHODS, Service, TOKEN};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::fmt::Write;

pub const FAILED: &str = "client_authentication_failed";

/// Fails the test unless the response is the one that all failed authentications get.
#[track_caller]
pub fn assert_failed(response: &Response, what: &str) {
    let body =
        json!({ "error": "invalid_client", "error_description": "Client authentication failed" });
    let found = (response.status, response.error_code(), response.json());
    assert_eq!(found, (401, Some(FAILED), body), "{what}");
    assert_eq!(
        response.challenge(),
        Some("Basic realm=\"edge-auth\""),
        "{what}"
    );
}

/// The details of the refusals that were recorded about a service, without its id.
pub async fn reasons(service: &Service) -> Vec<String> {
    let sql = "SELECT detail FROM audit WHERE subject = ?1 AND kind = 'client_authentication_failed' AND outcome = 'failure'
               ORDER BY number";
    let rows = service.app().sql(sql, [service.id.as_str()]).await;
    let start = format!("client {}: ", service.id);
    let detail = |row: &Value| row["detail"].as_str().expect("a text").replace(&start, "");
    rows.iter().map(detail).collect()
}

/// The number of tokens that were recorded about a service.
pub async fn tokens(service: &Service) -> usize {
    let sql = "SELECT id FROM audit WHERE subject = ?1 AND kind = 'client_token_issued'";
    service.app().sql(sql, [service.id.as_str()]).await.len()
}

#[tokio::test]
#[ignore = "slow"]
async fn client_authenticates_with_its_registered_method_only() {
    for registered in METHODS {
        for used in METHODS {
            // Each pair has its own network, because the number of entries per network is limited.
            let app = app();
            let service = app.service(registered, "reports:read").await;
            let mut sent = service.clone();
            sent.method = used;
            let response = sent.request_token().await;
            if used == registered {
                response.assert_status(200);
                continue;
            }
            assert_failed(&response, &format!("{used} for {registered}"));
            let is_other_key = registered.starts_with("private") && used.starts_with("private");
            let reason = if is_other_key {
                "invalid assertion"
            } else {
                "other method"
            };
            assert_eq!(reasons(&service).await, [reason], "{used} for {registered}");
            assert_eq!(tokens(&service).await, 0);
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn unknown_disabled_and_wrong_credentials_get_one_response_and_separate_reasons() {
    let form = |id: &str, secret: &str| {
        [
            GRANT[0],
            GRANT[1],
            ("client_id", id),
            ("client_secret", secret),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let app = app();
    let service = app.service("client_secret_post", "reports:read").await;
    let disabled = app.service("client_secret_post", "reports:read").await;
    let sql = "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [disabled.id.as_str()]).await;
    let mut bodies = Vec::new();
    for (id, secret) in [
        (service.id.as_str(), "wrong"),
        (&service.id, &service.secret[1..]),
        (&service.id, &format!("{}x", service.secret)),
        (&disabled.id, &disabled.secret),
        (&disabled.id, "wrong"),
        ("7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10", &service.secret),
        (&service.id.to_uppercase(), &service.secret),
        (&service.id.replace('-', ""), &service.secret),
        (&format!("{{{}}}", service.id), &service.secret),
        (&format!("urn:uuid:{}", service.id), &service.secret),
        (&format!("{} ", service.id), &service.secret),
        (&format!("{}\0", service.id), &service.secret),
        ("unknown", &service.secret),
    ] {
        let form = form(id, secret);
        let form = form
            .each_ref()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let response = app.another_view().post(TOKEN).form(&form).await;
        assert_failed(&response, id);
        bodies.push(response.text());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(reasons(&service).await, ["wrong secret"; 3]);
    assert_eq!(reasons(&disabled).await, ["disabled", "wrong secret"]);
    let sql = "SELECT DISTINCT detail, subject FROM audit WHERE kind = 'client_authentication_failed' AND name_key IS NOT NULL";
    let unknown = app.run_sql(sql).await;
    assert_eq!(
        unknown,
        [json!({ "detail": "unknown client", "subject": null })]
    );
    assert_eq!(tokens(&service).await + tokens(&disabled).await, 0);
    service.token().await;
}

#[tokio::test]
async fn entries_about_refusals_are_limited_per_network() {
    let app = app();
    let mut service = app.service("client_secret_basic", "reports:read").await;
    service.secret = "wrong".to_owned();
    for _ in 0..20 {
        assert_failed(&service.request_token().await, "a wrong secret");
    }
    let count = reasons(&service).await.len();
    assert!((3..=6).contains(&count), "{count}");
}

#[tokio::test]
async fn credentials_may_be_form_encoded_and_named_twice() {
    let app = app();
    let mut service = app.service("client_secret_basic", "reports:read").await;
    // Every character is encoded, as strict libraries do.
    let encoded = |text: &str| -> String {
        text.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "%{byte:02x}").expect("text");
            text
        })
    };
    let text = format!("{}:{}", encoded(&service.id), encoded(&service.secret));
    let header = format!("basic {}", Base64::encode_string(text.as_bytes()));
    let id = service.id.clone();
    let form = [&GRANT[..], &[("client_id", id.as_str()), ("unknown", "x")]].concat();
    let response = app
        .post(TOKEN)
        .header("authorization", header)
        .form(&form)
        .await;
    response.assert_status(200);
    service.method = "client_secret_post";
    assert_failed(&service.request_token().await, "the other method");
}
