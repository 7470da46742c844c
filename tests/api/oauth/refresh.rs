//! `POST /oauth/token` with a refresh token.

use super::code::{all, entries};
use super::introspect::introspect;
use super::token::{app, claims};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::Tokens;
use crate::support::internals::Timestamp;
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller};
use serde_json::{Value, json};

async fn setting(method: &'static str) -> (App, Service, Caller, Tokens) {
    let app = app();
    let service = app.application(method).await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    let tokens = service.tokens(&browser, &[]).await;
    (app, service, browser, tokens)
}

#[tokio::test]
async fn refresh_token_rotates_and_keeps_grant_and_scope() {
    for method in ["none", "client_secret_basic", "private_key_jwt ES256"] {
        let (app, service, _, first) = setting(method).await;
        let mut tokens = first.clone();
        for _ in 0..3 {
            app.shift_clock(app.clock() + 100).await;
            let response = service
                .refresh(&tokens.refresh, &[("resource", RESOURCE)])
                .await;
            let next = response.tokens();
            assert_eq!(next.scope, first.scope, "{method}");
            assert_ne!(next.refresh, tokens.refresh, "{method}");
            let (before, after) = (claims(&tokens.access), claims(&next.access));
            for name in ["sub", "aud", "client_id", "gid", "auth_time", "scope"] {
                assert_eq!(before[name], after[name], "{method} {name}");
            }
            assert_ne!(before["jti"], after["jti"], "{method}");
            assert_eq!(response.recorded().await.d1(), 2, "{method}");
            tokens = next;
        }
        let used = app.grant_column(&first.access, "last_used_at").await;
        let created = app.grant_column(&first.access, "created_at").await;
        assert!(used.as_str() > created.as_str(), "{method}");
    }
}

#[tokio::test]
async fn earlier_token_gets_the_current_one_byte_for_byte_within_the_window() {
    let (app, service, _, first) = setting("none").await;
    let second = service.refresh(&first.refresh, &[]).await.tokens();
    app.shift_clock(10).await;
    let third = service.refresh(&second.refresh, &[]).await.tokens();
    app.shift_clock(28).await;
    for earlier in [&first, &second, &first] {
        let again = service.refresh(&earlier.refresh, &[]).await.tokens();
        assert_eq!(again.refresh, third.refresh);
        assert_ne!(again.access, third.access);
    }
    assert_eq!(app.grant_column(&first.access, "generation").await, 3);
}

#[tokio::test]
async fn earlier_token_ends_the_grant_after_the_window() {
    let (app, service, _, first) = setting("client_secret_post").await;
    let second = service.refresh(&first.refresh, &[]).await.tokens();
    app.shift_clock(31).await;
    for _ in 0..2 {
        let response = service.refresh(&first.refresh, &[]).await;
        response.assert_error(400, "invalid_grant");
    }
    let response = service.refresh(&second.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
    let introspected = introspect(&service, &second.access).await.json();
    assert_eq!(introspected, json!({ "active": false }));
    let expected =
        json!({ "outcome": "failure", "actor": null, "detail": format!("client {}", service.id) });
    let found = entries(&app, &service, "refresh_token_reused").await;
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn window_of_zero_accepts_the_current_token_only() {
    let app = App::with(with_resources().set("REFRESH_REPLAY_WINDOW", "0"));
    let service = app.application("none").await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    let first = service.tokens(&browser, &[]).await;
    let second = service.refresh(&first.refresh, &[]).await.tokens();
    let reused = service.refresh(&first.refresh, &[]).await;
    reused.assert_error(400, "invalid_grant");
    let ended = service.refresh(&second.refresh, &[]).await;
    ended.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn refreshes_at_the_same_time_rotate_once() {
    for method in ["none", "private_key_jwt ES256"] {
        let (app, service, _, first) = setting(method).await;
        let responses = all((0..40).map(|_| service.refresh(&first.refresh, &[]))).await;
        let next: Vec<String> = responses
            .iter()
            .map(|response| response.tokens().refresh)
            .collect();
        assert!(next.iter().all(|token| *token == next[0]), "{method}");
        let generation = app.grant_column(&first.access, "generation").await;
        assert_eq!(generation, 2, "{method}");
        let next = service.refresh(&next[0], &[]).await;
        next.assert_status(200);
    }
}

#[tokio::test]
async fn scope_may_narrow_and_never_widen() {
    let app = app();
    let service = app.application("none").await;
    let admin = app.admin("root").await.sign_in_with_cookie().await;
    let scope = "reports:read reports:write openid offline_access";
    let mut tokens = service.tokens(&admin, &[("scope", scope)]).await;
    for (asked, expected, of_token) in [
        ("reports:read", "reports:read", "reports:read"),
        (
            "openid reports:write",
            "reports:write openid",
            "reports:write",
        ),
        // All of them again.
        ("", scope, "reports:read reports:write"),
    ] {
        tokens = service
            .refresh(&tokens.refresh, &[("scope", asked)])
            .await
            .tokens();
        assert_eq!(tokens.scope, expected, "{asked}");
        assert_eq!(claims(&tokens.access)["scope"], of_token, "{asked}");
    }
    for asked in [
        "reports:delete",
        "reports:read reports:delete",
        "reports:read roles",
        "mail:send",
        "reports:read  reports:write",
        "openid",
    ] {
        let response = service.refresh(&tokens.refresh, &[("scope", asked)]).await;
        response.assert_error(400, "invalid_scope");
    }
    service
        .refresh(&tokens.refresh, &[])
        .await
        .assert_status(200);
}

#[tokio::test]
async fn resource_is_that_of_the_grant() {
    let (app, service, browser, tokens) = setting("none").await;
    for resource in [
        "https://mail.example.com/",
        "https://api.example.com/v1/",
        "https://api.example.com/V1",
        "https://unknown.example",
    ] {
        let response = service
            .refresh(&tokens.refresh, &[("resource", resource)])
            .await;
        response.assert_error(400, "invalid_target");
    }
    let other = [("resource", "HTTPS://API.EXAMPLE.COM/v1")];
    service
        .refresh(&tokens.refresh, &other)
        .await
        .assert_status(200);
    let of_user = service
        .tokens(&browser, &[("resource", ""), ("scope", "openid")])
        .await;
    let response = service
        .refresh(&of_user.refresh, &[("resource", RESOURCE)])
        .await;
    response.assert_error(400, "invalid_target");
    // A resource that is no longer configured.
    let sql = "UPDATE oauth_grants SET resource = 'https://gone.example' WHERE client_id = ?1";
    app.sql(sql, [service.id.as_str()]).await;
    let response = service.refresh(&tokens.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn token_of_another_client_is_refused_and_stays_valid() {
    let (app, service, _, tokens) = setting("client_secret_basic").await;
    let other = app.application("client_secret_basic").await;
    let public = app.application("none").await;
    for client in [&other, &public] {
        let response = client.refresh(&tokens.refresh, &[]).await;
        response.assert_error(400, "invalid_grant");
    }
    // GitHub advisory CVE-2026-53512: each refresh requires the secret.
    for client in [service.with_method("none"), service.with_secret("x")] {
        let response = client.refresh(&tokens.refresh, &[]).await;
        response.assert_error(401, "client_authentication_failed");
    }
    for text in ["x", &tokens.access, &tokens.refresh[1..]] {
        let response = service.refresh(text, &[]).await;
        response.assert_error(400, "invalid_grant");
    }
    service
        .refresh(&tokens.refresh, &[])
        .await
        .assert_status(200);
}

#[tokio::test]
async fn role_and_status_of_the_user_are_those_of_now() {
    let app = app();
    let service = app.application("none").await;
    let root = app.admin("root").await;
    let browser = root.sign_in_with_cookie().await;
    let scope = "reports:read reports:write roles offline_access";
    let tokens = service.tokens(&browser, &[("scope", scope)]).await;
    assert_eq!(claims(&tokens.access)["roles"], json!(["admin"]));
    root.update("role = 'user'").await;
    let tokens = service.refresh(&tokens.refresh, &[]).await.tokens();
    assert_eq!(tokens.scope, "reports:read roles offline_access");
    let claims_now = claims(&tokens.access);
    assert_eq!(
        (&claims_now["scope"], &claims_now["roles"]),
        (&json!("reports:read"), &json!(["user"]))
    );
    let asked = service
        .refresh(&tokens.refresh, &[("scope", "reports:write")])
        .await;
    asked.assert_error(400, "invalid_scope");
    root.update("role = 'admin'").await;
    let tokens = service.refresh(&tokens.refresh, &[]).await.tokens();
    assert_eq!(tokens.scope, scope);
    root.update("is_active = 0").await;
    let response = service.refresh(&tokens.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
    root.update("is_active = 1").await;
    let sql = "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [service.id.as_str()]).await;
    let response = service.refresh(&tokens.refresh, &[]).await;
    response.assert_error(401, "client_authentication_failed");
}

#[tokio::test]
async fn user_who_may_grant_nothing_any_more_has_to_start_again() {
    let app = app();
    let service = app.application("none").await;
    let root = app.admin("root").await;
    let browser = root.sign_in_with_cookie().await;
    let tokens = service
        .tokens(&browser, &[("scope", "reports:write offline_access")])
        .await;
    root.update("role = 'user'").await;
    let response = service.refresh(&tokens.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn grant_ends_when_it_is_idle_or_old() {
    let vars = with_resources()
        .set("OAUTH_GRANT_IDLE", "4000")
        .set("OAUTH_GRANT_MAX_AGE", "10000");
    let app = App::with(vars);
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    let idle = service.tokens(&browser, &[]).await;
    let used = service.tokens(&browser, &[]).await;
    app.shift_clock(3_900).await;
    let used = service.refresh(&used.refresh, &[]).await.tokens();
    app.shift_clock(4_001).await;
    let response = service.refresh(&idle.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
    app.shift_clock(7_800).await;
    let used = service.refresh(&used.refresh, &[]).await.tokens();
    app.shift_clock(9_700).await;
    let response = service.refresh(&used.refresh, &[]).await;
    // The access token does not outlive the grant.
    let seconds = response.json()["expires_in"].as_i64().expect("a number");
    assert!((298..=302).contains(&seconds), "{seconds}");
    let used = response.tokens();
    app.shift_clock(10_001).await;
    let response = service.refresh(&used.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn client_without_the_grant_gets_no_refresh_token_and_uses_none() {
    let (app, service, _, tokens) = setting("none").await;
    let sql = "UPDATE oauth_clients SET grant_types = '[\"authorization_code\"]' WHERE id = ?1";
    app.sql(sql, [service.id.as_str()]).await;
    let response = service.refresh(&tokens.refresh, &[]).await;
    response.assert_error(400, "unauthorized_client");
    let missing = service.refresh("", &[]).await;
    let body: Value = missing.assert_status(400).json();
    assert_eq!(body["error"], "invalid_request");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn tokens_not_before_ends_older_grants() {
    let app = App::isolated(with_resources());
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    app.shift_clock(-3_600).await;
    let browser = ada.sign_in_with_cookie().await;
    let tokens = service.tokens(&browser, &[]).await;
    let code = service.code(&browser, &[]).await;
    app.shift_clock(0).await;
    let not_before = Timestamp::from_seconds(app.unix_time() - 600).to_string();
    app.restart_with(with_resources().set("TOKENS_NOT_BEFORE", &not_before))
        .await;
    let refreshed = service.refresh(&tokens.refresh, &[]).await;
    refreshed.assert_error(400, "invalid_grant");
    app.shift_clock(-3_600).await;
    let redeemed = service.redeem(&code, &[]).await;
    redeemed.assert_error(400, "invalid_grant");
}
