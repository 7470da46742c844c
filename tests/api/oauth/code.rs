//! `POST /oauth/token` with an authorization code.

use super::introspect::introspect;
use super::token::{app, claims};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::{CHALLENGE, LOOPBACK, VERIFIER};
use crate::support::services::{METHODS, Service};
use crate::support::{App, Caller, Fault, Request, Response};
use serde_json::{Value, json};
use std::future::IntoFuture;
use tokio::task::JoinSet;

async fn setting(method: &'static str) -> (App, Service, Caller) {
    let app = app();
    let service = app.application(method).await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    (app, service, browser)
}

pub async fn all(requests: impl IntoIterator<Item = Request>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.into_future());
    }
    running.join_all().await
}

/// The entries of these kinds about a client.
pub async fn entries(app: &App, service: &Service, kind: &str) -> Vec<Value> {
    let sql = "SELECT outcome, actor, detail FROM audit WHERE kind = ?2 AND detail LIKE 'client ' || ?1 || '%' ORDER BY number";
    app.sql(sql, [service.id.as_str(), kind]).await
}

#[tokio::test]
async fn code_gives_an_access_token_for_the_user_and_a_refresh_token() {
    for method in [&METHODS[..], &["none"]].concat() {
        let (app, service, browser) = setting(method).await;
        let code = service.code(&browser, &[]).await;
        let response = service.redeem(&code, &[]).await;
        let body = response.assert_status(200).json();
        let (access, refresh) = (&body["access_token"], &body["refresh_token"]);
        let expected = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 600, "refresh_token": refresh,
            "scope": "reports:read offline_access"
        });
        assert_eq!(body, expected, "{method}");
        assert_eq!(refresh.as_str().expect("a token").len(), 70, "{method}");
        // One batch reads client and grant, the other one consumes the code.
        assert_eq!(response.recorded().await.d1(), 2, "{method}");
        let claims = claims(access.as_str().expect("a token"));
        let issued_at = claims["iat"].as_i64().expect("a time");
        let expected = json!({
            "iss": app.page_origin(), "sub": browser.claims()["sub"], "aud": RESOURCE, "client_id": service.id, "iat": issued_at,
            "exp": issued_at + 600, "jti": claims["jti"], "scope": "reports:read", "gid": claims["gid"],
            "auth_time": claims["auth_time"]
        });
        assert_eq!(claims, expected, "{method}");
        assert!(claims["auth_time"].as_i64().expect("a time") <= issued_at);
        let detail = format!(
            "client {}: reports:read offline_access at {RESOURCE}",
            service.id
        );
        let expected = json!({ "outcome": "success", "actor": null, "detail": detail });
        let found = entries(&app, &service, "client_token_issued").await;
        assert_eq!(found, [expected], "{method}");
        let row = app.oauth_client_row(&service.id, "last_used_at").await;
        assert!(row["last_used_at"].is_string(), "{method}");
    }
}

#[tokio::test]
async fn claims_follow_the_scopes() {
    let app = app();
    let service = app.application("none").await;
    let admin = app.admin("root").await.sign_in_with_cookie().await;
    for (resource, scope, token_scope, roles) in [
        (
            RESOURCE,
            "reports:write openid roles",
            "reports:write",
            json!(["admin"]),
        ),
        (RESOURCE, "reports:read openid", "reports:read", Value::Null),
        (
            "",
            "openid email roles offline_access",
            "openid email roles",
            json!(["admin"]),
        ),
        ("", "openid", "openid", Value::Null),
    ] {
        let tokens = service
            .tokens(&admin, &[("resource", resource), ("scope", scope)])
            .await;
        assert_eq!(tokens.scope, scope);
        let claims = claims(&tokens.access);
        let issuer = app.page_origin();
        let audience = if resource.is_empty() {
            &issuer
        } else {
            resource
        };
        assert_eq!(claims["aud"], audience);
        assert_eq!(
            (&claims["scope"], &claims["roles"]),
            (&json!(token_scope), &roles)
        );
    }
    let without_refresh = app.application("none").await;
    let sql = "UPDATE oauth_clients SET grant_types = '[\"authorization_code\"]' WHERE id = ?1";
    app.sql(sql, [without_refresh.id.as_str()]).await;
    let tokens = without_refresh.tokens(&admin, &[]).await;
    assert_eq!(
        (tokens.refresh.as_str(), tokens.scope.as_str()),
        ("", "reports:read")
    );
}

#[tokio::test]
async fn request_that_is_not_right_does_not_consume_the_code() {
    let (app, service, browser) = setting("client_secret_basic").await;
    let other = app.application("client_secret_basic").await;
    let public = app.application("none").await;
    let code = service.code(&browser, &[]).await;
    let long = "v".repeat(129);
    let cut = &code[..code.len() - 1];
    for (changes, error) in [
        (&[("code_verifier", CHALLENGE)][..], "invalid_grant"),
        (&[("code_verifier", &VERIFIER[1..])], "invalid_grant"),
        (&[("code_verifier", long.as_str())], "invalid_grant"),
        (&[("code_verifier", "")], "invalid_request"),
        (&[("code", "")], "invalid_request"),
        (&[("code", cut)], "invalid_grant"),
        (&[("redirect_uri", LOOPBACK)], "invalid_grant"),
        (
            &[("redirect_uri", "https://app.example.com/callback/")],
            "invalid_grant",
        ),
        (
            &[("resource", "https://mail.example.com/")],
            "invalid_target",
        ),
        (
            &[("resource", "https://api.example.com/v1/")],
            "invalid_target",
        ),
        (
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", code.as_str()),
            ],
            "invalid_grant",
        ),
    ] {
        let response = service.redeem(&code, changes).await;
        assert_eq!(
            response.assert_status(400).json()["error"],
            error,
            "{changes:?}"
        );
    }
    for client in [&other, &public] {
        let response = client.redeem(&code, &[]).await;
        response.assert_error(400, "invalid_grant");
    }
    for client in [service.with_secret("wrong"), service.with_method("none")] {
        let response = client.redeem(&code, &[]).await;
        response.assert_error(401, "client_authentication_failed");
    }
    let repeated = service
        .redeem(&code, &[("code", &code), ("code", &code)])
        .await;
    repeated.assert_error(400, "repeated_parameter");
    // The redirect URI may be omitted, and the resource may be repeated.
    let changes = [("redirect_uri", ""), ("resource", RESOURCE)];
    service.redeem(&code, &changes).await.assert_status(200);
}

#[tokio::test]
async fn client_without_the_grant_cannot_redeem() {
    let (app, service, browser) = setting("client_secret_post").await;
    let code = service.code(&browser, &[]).await;
    let sql = "UPDATE oauth_clients SET grant_types = '[\"client_credentials\"]' WHERE id = ?1";
    app.sql(sql, [service.id.as_str()]).await;
    let response = service.redeem(&code, &[]).await;
    response.assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn code_expires_after_a_minute() {
    let (app, service, browser) = setting("none").await;
    let code = service.code(&browser, &[]).await;
    app.shift_clock(61).await;
    service
        .redeem(&code, &[])
        .await
        .assert_error(400, "invalid_grant");
    app.shift_clock(0).await;
    let code = service.code(&browser, &[]).await;
    app.shift_clock(58).await;
    service.redeem(&code, &[]).await.assert_status(200);
}

#[tokio::test]
async fn code_that_is_redeemed_again_ends_the_tokens_issued_from_it() {
    let (app, service, browser) = setting("client_secret_basic").await;
    let code = service.code(&browser, &[]).await;
    let tokens = service.redeem(&code, &[]).await.tokens();
    // A request without the verifier does not prove that the code has leaked.
    let wrong = service.redeem(&code, &[("code_verifier", CHALLENGE)]).await;
    wrong.assert_error(400, "invalid_grant");
    let introspected = introspect(&service, &tokens.access).await.json();
    assert_eq!(introspected["active"], true);
    for _ in 0..2 {
        service
            .redeem(&code, &[])
            .await
            .assert_error(400, "invalid_grant");
    }
    let introspected = introspect(&service, &tokens.access).await.json();
    assert_eq!(introspected, json!({ "active": false }));
    let refreshed = service.refresh(&tokens.refresh, &[]).await;
    refreshed.assert_error(400, "invalid_grant");
    let expected =
        json!({ "outcome": "failure", "actor": null, "detail": format!("client {}", service.id) });
    let found = entries(&app, &service, "code_reused").await;
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn of_requests_with_one_code_one_gets_tokens() {
    for method in ["none", "private_key_jwt ES256"] {
        let (app, service, browser) = setting(method).await;
        let code = service.code(&browser, &[]).await;
        let responses = all((0..40).map(|_| service.redeem(&code, &[]))).await;
        let succeeded = responses.iter().filter(|response| response.status == 200);
        assert_eq!(succeeded.count(), 1, "{method}");
        for response in responses.iter().filter(|response| response.status != 200) {
            response.assert_error(400, "invalid_grant");
        }
        let issued = entries(&app, &service, "client_token_issued").await;
        let reused = entries(&app, &service, "code_reused").await;
        assert_eq!((issued.len(), reused.len()), (1, 1), "{method}");
    }
}

#[tokio::test]
async fn consents_of_many_users_are_redeemed_at_the_same_time() {
    let app = app();
    let service = app.application("none").await;
    let mut requests = Vec::new();
    for _ in 0..8 {
        let browser = app.user("many").await.sign_in_with_cookie().await;
        requests.push(service.redeem(&service.code(&browser, &[]).await, &[]));
    }
    for response in all(requests).await {
        response.assert_status(200);
    }
}

#[tokio::test]
async fn user_who_was_disabled_or_signed_out_gets_nothing() {
    let app = app();
    let service = app.application("none").await;
    for (scope, sql, is_refused) in [
        (
            "reports:read offline_access",
            "UPDATE users SET is_active = 0 WHERE id = ?1",
            true,
        ),
        (
            "reports:read",
            "UPDATE sessions SET revoked_at = created_at WHERE user_id = ?1",
            true,
        ),
        (
            "reports:read offline_access",
            "UPDATE sessions SET revoked_at = created_at WHERE user_id = ?1",
            false,
        ),
        (
            "reports:read",
            "UPDATE sessions SET ends_at = created_at WHERE user_id = ?1",
            true,
        ),
    ] {
        let ada = app.user("ada").await;
        let browser = ada.sign_in_with_cookie().await;
        let code = service.code(&browser, &[("scope", scope)]).await;
        app.sql(sql, [ada.id.as_str()]).await;
        let response = service.redeem(&code, &[]).await;
        if is_refused {
            response.assert_error(400, "invalid_grant");
        } else {
            response.assert_status(200);
        }
    }
}

/// The write notices an end of the grant after the read.
#[tokio::test]
async fn revocation_during_the_request_is_obeyed() {
    let (app, service, browser) = setting("none").await;
    let code = service.code(&browser, &[]).await;
    let fault = Fault::d1()
        .matching("UPDATE oauth_grants")
        .times(1)
        .pauses();
    let paused = app.fault(fault).await;
    let redeemed = tokio::spawn(service.redeem(&code, &[]).into_future());
    paused.wait_for_hits(1).await;
    app.another_view()
        .sql(
            "UPDATE oauth_grants SET revoked_at = created_at WHERE client_id = ?1",
            [service.id.as_str()],
        )
        .await;
    paused.release().await;
    let response = redeemed.await.expect("a response");
    response.assert_error(400, "invalid_grant");
    assert!(
        entries(&app, &service, "client_token_issued")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn token_that_cannot_be_recorded_is_not_issued() {
    let (app, service, browser) = setting("none").await;
    let code = service.code(&browser, &[]).await;
    app.fault(Fault::d1().matching("UPDATE oauth_grants").times(1).fails())
        .await;
    service
        .redeem(&code, &[])
        .await
        .assert_error(503, "storage_unavailable");
    app.remove_faults().await;
    service.redeem(&code, &[]).await.assert_status(200);
}
