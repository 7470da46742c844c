//! `POST /oauth/revoke`: a client revokes an access token.

use super::introspect::introspect;
use super::token::{app, claims};
use crate::support::services::{METHODS, Service, with_resources};
use crate::support::{App, Fault, Response};
use serde_json::{Value, json};
use std::future::IntoFuture;
use tokio::task::JoinSet;

const REVOKE: &str = "/oauth/revoke";

async fn revoke(caller: &Service, token: &str) -> Response {
    caller.post(REVOKE, &[("token", token)]).await
}

async fn is_active(caller: &Service, token: &str) -> bool {
    introspect(caller, token).await.assert_status(200).json()["active"] == true
}

/// The details of the revocations that were recorded about a service.
async fn entries(service: &Service) -> Vec<Value> {
    let sql = "SELECT outcome, actor, detail FROM audit WHERE subject = ?1 AND kind = 'client_token_revoked'";
    service.app().sql(sql, [service.id.as_str()]).await
}

#[tokio::test]
async fn revoked_token_is_not_active_and_is_recorded_once() {
    let app = app();
    for method in METHODS {
        let service = app.service(method, "reports:read").await;
        let (token, other) = (service.token().await, service.token().await);
        let response = revoke(&service, &token).await;
        assert_eq!(response.assert_status(200).json(), json!({}), "{method}");
        assert_eq!(response.recorded().await.d1(), 2, "{method}");
        assert!(!is_active(&service, &token).await, "{method}");
        assert!(is_active(&service, &other).await, "{method}");
        revoke(&service, &token).await.assert_status(200);
        let detail = format!(
            "client {}: reports:read at https://api.example.com/v1",
            service.id
        );
        let entry = json!({ "outcome": "success", "actor": null, "detail": detail });
        assert_eq!(entries(&service).await, [entry], "{method}");
    }
}

#[tokio::test]
async fn unknown_and_other_tokens_get_the_same_response_and_stay_as_they_are() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let other = app.service("client_secret_basic", "reports:read").await;
    let token = other.token().await;
    let session = app.user("ada").await.sign_in().await;
    for text in [
        token.as_str(),
        session.token(),
        "x",
        "a.b.c",
        &"x".repeat(9_000),
    ] {
        let response = revoke(&service, text).await;
        assert_eq!(response.assert_status(200).json(), json!({}), "{text}");
    }
    assert!(is_active(&service, &token).await);
    session.validate().await.assert_status(200);
    let id = app.public_client().await;
    let form = [("token", token.as_str()), ("client_id", &id)];
    let public = app.post(REVOKE).form(&form).await;
    public.assert_status(200);
    assert!(is_active(&service, &token).await);
    assert_eq!(
        entries(&service).await.len() + entries(&other).await.len(),
        0
    );
    let sql = "SELECT count(*) AS count FROM revoked_access_tokens WHERE id = ?1";
    let jti = claims(&token)["jti"].clone();
    assert_eq!(app.sql(sql, [jti]).await[0]["count"], 0);
}

#[tokio::test]
async fn client_must_authenticate() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    let mut wrong = service.clone();
    wrong.secret = "wrong".to_owned();
    let failed = "client_authentication_failed";
    revoke(&wrong, &token).await.assert_error(401, failed);
    // The id of a confidential client alone, as a public client would send it.
    let form = [("token", token.as_str()), ("client_id", &service.id)];
    app.post(REVOKE).form(&form).await.assert_error(401, failed);
    let nothing = service.post(REVOKE, &[("token", "")]).await;
    nothing.assert_error(400, "missing_parameter");
    assert!(is_active(&service, &token).await);
    let app = App::with(with_resources().without("OAUTH_KEY_1"));
    let disabled = app.post(REVOKE).form(&[("token", &token)]).await;
    disabled.assert_error(404, "oauth_disabled");
}

#[tokio::test]
async fn parallel_revocations_are_recorded_once() {
    let app = app();
    let service = app.service("client_secret_post", "reports:read").await;
    let token = service.token().await;
    let mut running = JoinSet::new();
    for _ in 0..20 {
        let request = service.post(REVOKE, &[("token", &token)]);
        running.spawn(request.into_future());
    }
    for response in running.join_all().await {
        response.assert_status(200);
    }
    assert_eq!(entries(&service).await.len(), 1);
    assert!(!is_active(&service, &token).await);
}

#[tokio::test]
async fn revocation_that_fails_is_reported_and_has_no_effect() {
    let app = app();
    let service = app.service("private_key_jwt EdDSA", "reports:read").await;
    let token = service.token().await;
    let assertion = service.assertion(&service.claims());
    let send = || service.post_assertion(REVOKE, &[("token", token.as_str())], &assertion);
    let fault = app
        .fault(Fault::d1().matching("revoked_access_tokens").fails())
        .await;
    send().await.assert_error(503, "storage_unavailable");
    fault.remove().await;
    assert!(is_active(&service, &token).await);
    // The assertion was not used up.
    send().await.assert_status(200);
    assert!(!is_active(&service, &token).await);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn revocation_is_kept_until_the_token_expires() {
    let app = App::isolated(with_resources());
    let service = app.service("client_secret_basic", "reports:read").await;
    revoke(&service, &service.token().await)
        .await
        .assert_status(200);
    let count = async || {
        app.scheduled("0 * * * *").await;
        let rows = app
            .run_sql("SELECT count(*) AS count FROM revoked_access_tokens")
            .await;
        rows[0]["count"].clone()
    };
    app.shift_clock(590).await;
    assert_eq!(count().await, 1);
    app.shift_clock(610).await;
    assert_eq!(count().await, 0);
}
