//! The routes of the consent page.

use super::token::app;
use crate::support::grants::{LOOPBACK, PRIVATE, Pending, WEB, address, parameter};
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller, Fault, Response};
use serde_json::{Value, json};
use std::future::IntoFuture;
use tokio::task::JoinSet;

async fn setting() -> (App, Service, Caller) {
    let app = app();
    let service = app.application("none").await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    (app, service, browser)
}

async fn entries(app: &App, service: &Service) -> Vec<Value> {
    let sql = "SELECT kind, outcome, actor = subject AS is_own, session IS NOT NULL AS has_session, detail FROM audit
               WHERE detail LIKE 'client ' || ?1 || '%' ORDER BY number";
    app.sql(sql, [service.id.as_str()]).await
}

#[tokio::test]
async fn page_shows_client_host_resource_scopes_and_user() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    let changes = [
        (
            "scope",
            "reports:write unknown openid reports:read offline_access",
        ),
        ("login_hint", "ada"),
    ];
    let pending = service.pending(&browser, &changes).await;
    let expected = json!({
        "next": "consent", "location": null, "client": { "client_id": service.id, "name": "Reports" },
        "redirect_host": "app.example.com", "is_loopback": false,
        "resource": { "uri": "https://api.example.com/v1", "name": "Reports" },
        "scopes": ["openid", "reports:read", "offline_access"], "login_hint": "ada",
        "user": { "id": ada.id, "username": ada.username, "name": ada.name }
    });
    for _ in 0..2 {
        assert_eq!(pending.next(&browser).await, expected);
    }
    for (redirect_uri, host) in [(LOOPBACK, "127.0.0.1"), (PRIVATE, "com.example.app")] {
        let changes = [
            ("redirect_uri", redirect_uri),
            ("resource", ""),
            ("scope", "openid"),
        ];
        let shown = service.pending(&browser, &changes).await;
        let shown = shown.next(&browser).await;
        assert_eq!(shown["redirect_host"], host);
        assert_eq!(
            (&shown["is_loopback"], &shown["resource"]),
            (&json!(true), &Value::Null)
        );
    }
}

#[tokio::test]
async fn user_who_allows_returns_with_a_code_and_is_recorded() {
    let (app, service, browser) = setting().await;
    let pending = service.pending(&browser, &[]).await;
    let response = pending.decide(&browser, "allow").await;
    let url = address(&response.assert_status(200).json()["location"]);
    assert!(url.as_str().starts_with(WEB));
    assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
    assert_eq!(parameter(&url, "iss"), Some(app.page_origin()));
    assert_eq!(parameter(&url, "code").expect("a code").len(), 70);
    let deleted = response.set_cookies().into_iter();
    assert!(
        deleted
            .map(|cookie| cookie.contains("Max-Age=0"))
            .eq([true])
    );
    let detail = format!(
        "client {}: reports:read offline_access at https://api.example.com/v1",
        service.id
    );
    let expected = json!({
        "kind": "client_authorized", "outcome": "success", "is_own": 1, "has_session": 1, "detail": detail
    });
    assert_eq!(entries(&app, &service).await, [expected]);
}

#[tokio::test]
async fn user_who_denies_returns_with_an_error_and_is_recorded() {
    let (app, service, browser) = setting().await;
    let pending = service.pending(&browser, &[]).await;
    let shown = pending.shown(&browser).await;
    let response = pending.decision(&browser, &shown, "deny").await;
    let url = address(&response.assert_status(200).json()["location"]);
    assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
    assert_eq!(parameter(&url, "iss"), Some(app.page_origin()));
    assert_eq!(parameter(&url, "code"), None);
    let expected = json!({
        "kind": "client_denied", "outcome": "success", "is_own": 1, "has_session": 1, "detail": format!("client {}", service.id)
    });
    assert_eq!(entries(&app, &service).await, [expected]);
    let invalid = pending.decision(&browser, &shown, "allow").await;
    invalid.assert_error(400, "authorization_request_invalid");
}

async fn all(requests: Vec<crate::support::Request>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.into_future());
    }
    running.join_all().await
}

#[tokio::test]
async fn request_can_be_used_once() {
    let (app, service, browser) = setting().await;
    let pending = service.pending(&browser, &[]).await;
    let shown = pending.shown(&browser).await;
    let requests = (0..40).map(|_| pending.decision(&browser, &shown, "allow"));
    let responses = all(requests.collect()).await;
    let succeeded = responses.iter().filter(|response| response.status == 200);
    assert_eq!(succeeded.count(), 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        response.assert_error(400, "authorization_request_invalid");
    }
    assert_eq!(entries(&app, &service).await.len(), 1);
    let sql = "SELECT count(*) AS count FROM oauth_grants WHERE client_id = ?1";
    assert_eq!(app.sql(sql, [service.id.as_str()]).await[0]["count"], 1);
    let read = pending.read(&browser).await;
    read.assert_error(400, "authorization_request_invalid");
}

#[tokio::test]
async fn request_of_another_browser_or_an_earlier_time_is_invalid() {
    let (app, service, browser) = setting().await;
    let (pending, other) = (
        service.pending(&browser, &[]).await,
        service.pending(&browser, &[]).await,
    );
    let (name, value) = pending.cookie.split_once('=').expect("a pair");
    let (_, other_value) = other.cookie.split_once('=').expect("a pair");
    let with = |cookie: String| Pending {
        cookie,
        ..pending.clone()
    };
    let changed = Pending {
        request: pending.request.replace(&pending.request[40..44], "AAAA"),
        ..pending.clone()
    };
    let invalid = [
        with("x=y".to_owned()),
        with(other.cookie.clone()),
        with(format!("{name}={other_value}")),
        with(format!("{name}=")),
        with(format!("x{name}={value}")),
        changed,
        Pending {
            request: String::from("x"),
            ..pending.clone()
        },
    ];
    let shown = pending.shown(&browser).await;
    for pending in &invalid {
        for request in [
            pending.read(&browser),
            pending.decision(&browser, &shown, "allow"),
            pending.decision(&browser, &shown, "deny"),
        ] {
            request
                .await
                .assert_error(400, "authorization_request_invalid");
        }
    }
    app.shift_clock(601).await;
    pending
        .read(&browser)
        .await
        .assert_error(400, "authorization_request_invalid");
    app.shift_clock(0).await;
    assert_eq!(pending.next(&browser).await["next"], "consent");
    for sql in [
        "UPDATE oauth_clients SET redirect_uris = '[\"https://app.example.com/other\"]' WHERE id = ?1",
        "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1",
    ] {
        app.sql(sql, [service.id.as_str()]).await;
        pending
            .read(&browser)
            .await
            .assert_error(400, "authorization_request_invalid");
    }
}

#[tokio::test]
async fn only_the_pages_of_the_service_with_a_session_cookie_can_use_a_request() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let (browser, token) = (ada.sign_in_with_cookie().await, ada.sign_in().await);
    let pending = service.pending(&browser, &[]).await;
    let shown = pending.shown(&browser).await;
    let allow = |caller| pending.decision(caller, &shown, "allow");
    for site in ["cross-site", "same-site", "none"] {
        for request in [pending.read(&browser), allow(&browser)] {
            let response = request.header("sec-fetch-site", site).await;
            response.assert_error(403, "cross_site_request");
        }
    }
    for request in [pending.read(&token), allow(&token)] {
        let request = request.header("origin", app.page_origin());
        let response = request.await;
        response.assert_error(400, "authorization_request_invalid");
    }
    assert_eq!(pending.next(&app.anonymous()).await["next"], "sign_in");
    assert!(pending.next(&app.anonymous()).await["user"].is_null());
    let response = allow(&app.anonymous()).await;
    response.assert_error(401, "no_token");
    pending.allow(&browser).await;
}

#[tokio::test]
async fn user_who_is_not_signed_in_signs_in_and_continues() {
    let (app, service, _) = setting().await;
    let bob = app.user("bob").await;
    let pending = service.pending(&app.anonymous(), &[]).await;
    assert_eq!(pending.next(&app.anonymous()).await["next"], "sign_in");
    let browser = bob.sign_in_with_cookie().await;
    assert_eq!(pending.next(&browser).await["next"], "consent");
    let code = parameter(&pending.allow(&browser).await, "code").expect("a code");
    let tokens = service.redeem(&code, &[]).await.tokens();
    assert_eq!(super::token::claims(&tokens.access)["sub"], bob.id);
}

#[tokio::test]
async fn old_authentication_needs_a_step_up() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    for changes in [
        [("prompt", "login")],
        [("max_age", "0")],
        [("max_age", "60")],
    ] {
        let browser = ada.sign_in_with_cookie().await;
        app.shift_clock(100).await;
        // The consent for a loopback redirect URI is never remembered.
        let changes = [changes, [("redirect_uri", LOOPBACK)]].concat();
        let pending = service.pending(&browser, &changes).await;
        assert_eq!(
            pending.next(&browser).await["next"],
            "step_up",
            "{changes:?}"
        );
        let refused = pending.decide(&browser, "allow").await;
        refused.assert_error(401, "step_up_required");
        let stepped_up = browser.step_up(&ada.password).await;
        let browser = stepped_up.assert_status(200).continued(browser);
        assert_eq!(
            pending.next(&browser).await["next"],
            "consent",
            "{changes:?}"
        );
        pending.allow(&browser).await;
        app.shift_clock(0).await;
    }
    let browser = ada.sign_in_with_cookie().await;
    let pending = service.pending(&browser, &[("max_age", "1000")]).await;
    assert_eq!(pending.next(&browser).await["next"], "consent");
}

#[tokio::test]
async fn select_account_needs_another_sign_in() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    app.shift_clock(10).await;
    let pending = service
        .pending(&browser, &[("prompt", "select_account")])
        .await;
    assert_eq!(pending.next(&browser).await["next"], "sign_in");
    let browser = ada.sign_in_with_cookie().await;
    assert_eq!(pending.next(&browser).await["next"], "consent");
}

#[tokio::test]
async fn consent_is_remembered_for_https_only_and_scope_by_scope() {
    let (app, service, browser) = setting().await;
    for (changes, next) in [
        (&[][..], "consent"),
        (&[], "redirect"),
        (&[("scope", "reports:read")], "redirect"),
        (&[("scope", "reports:read openid")], "consent"),
        (
            &[("scope", "openid reports:read offline_access")],
            "redirect",
        ),
        (&[("prompt", "consent")], "consent"),
        (&[("redirect_uri", LOOPBACK)], "consent"),
        (&[("redirect_uri", LOOPBACK)], "consent"),
        (&[("redirect_uri", PRIVATE)], "consent"),
        (&[("redirect_uri", PRIVATE)], "consent"),
    ] {
        // Without a session at first, so that the page has to ask.
        let pending = service.pending(&app.anonymous(), changes).await;
        let shown = pending.next(&browser).await;
        assert_eq!(shown["next"], next, "{changes:?}");
        if next == "redirect" {
            let code = parameter(&address(&shown["location"]), "code").expect("a code");
            service.redeem(&code, &[]).await.assert_status(200);
            let again = pending.read(&browser).await;
            again.assert_error(400, "authorization_request_invalid");
        } else {
            pending.allow(&browser).await;
        }
    }
}

#[tokio::test]
async fn session_without_the_factor_that_the_policy_demands_gets_no_grant() {
    let app = App::isolated(with_resources());
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    service.allowed(&browser, &[]).await;
    let policy = with_resources().set("MFA_POLICY", "required");
    app.restart_with(policy).await;
    let url = service.authorize(&browser, &[("prompt", "none")]).await;
    let error = parameter(&url.response_to_client(), "error");
    assert_eq!(error.as_deref(), Some("login_required"));
    let pending = service.pending(&browser, &[]).await;
    assert_eq!(pending.next(&browser).await["next"], "sign_in");
    let refused = pending.decide(&browser, "allow").await;
    refused.assert_error(401, "step_up_required");
}

/// Grants and remembered consents of a client.
async fn granted(app: &App, service: &Service) -> (Value, Value) {
    let sql = "SELECT (SELECT count(*) FROM oauth_grants WHERE client_id = ?1) AS grants,
                      (SELECT count(*) FROM oauth_consents WHERE client_id = ?1) AS consents";
    let [counts] = &app.sql(sql, [service.id.as_str()]).await[..] else {
        panic!("one row");
    };
    (counts["grants"].clone(), counts["consents"].clone())
}

#[tokio::test]
async fn user_whom_the_page_did_not_show_decides_nothing() {
    let (app, service, browser) = setting().await;
    let pending = service.pending(&browser, &[]).await;
    let shown = pending.shown(&browser).await;
    let bob = app.user("bob").await.sign_in_with_cookie().await;
    for decision in ["allow", "deny"] {
        let refused = pending.decision(&bob, &shown, decision).await;
        refused.assert_error(409, "consent_changed");
    }
    assert_eq!(granted(&app, &service).await, (json!(0), json!(0)));
    assert_eq!(entries(&app, &service).await, [Value::Null; 0]);
    // The request was not used.
    let asked_again = pending.shown(&bob).await;
    let allowed = pending.decision(&bob, &asked_again, "allow").await;
    allowed.assert_status(200);
    assert_eq!(granted(&app, &service).await, (json!(1), json!(1)));
}

#[tokio::test]
async fn scope_that_the_page_did_not_show_is_not_granted() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    let changes = [("scope", "reports:read reports:write")];
    let pending = service.pending(&browser, &changes).await;
    let shown = pending.shown(&browser).await;
    assert_eq!(shown.scopes, json!(["reports:read"]));
    // Administrators may grant more scopes than users.
    let sql = "UPDATE users SET role = 'super_admin' WHERE id = ?1";
    app.sql(sql, [ada.id.as_str()]).await;
    let browser = ada.sign_in_with_cookie().await;
    let refused = pending.decision(&browser, &shown, "allow").await;
    refused.assert_error(409, "consent_changed");
    assert_eq!(granted(&app, &service).await, (json!(0), json!(0)));
    let asked_again = pending.shown(&browser).await;
    assert_eq!(asked_again.scopes, json!(["reports:read", "reports:write"]));
    let allowed = pending.decision(&browser, &asked_again, "allow").await;
    allowed.assert_status(200);
    assert_eq!(granted(&app, &service).await, (json!(1), json!(1)));
}

/// The user allows other scopes, and removes the application at the same time.
#[tokio::test]
async fn removed_consent_is_not_restored_by_a_decision_about_other_scopes() {
    let (app, service, browser) = setting().await;
    let sql = "SELECT scope FROM oauth_consents WHERE client_id = ?1";
    for (removal, left) in [
        (
            "DELETE FROM oauth_consents WHERE client_id = ?1",
            "openid reports:read",
        ),
        (
            "UPDATE oauth_consents SET scope = 'email' WHERE client_id = ?1",
            "openid reports:read",
        ),
        ("SELECT ?1", "reports:read offline_access openid"),
    ] {
        service.code(&browser, &[]).await;
        let changes = [("scope", "openid reports:read")];
        let pending = service.pending(&browser, &changes).await;
        let shown = pending.shown(&browser).await;
        let fault = Fault::d1().matching("INTO oauth_grants").times(1).pauses();
        let paused = app.fault(fault).await;
        let decision = pending.decision(&browser, &shown, "allow");
        let running = tokio::spawn(decision.into_future());
        paused.wait_for_hits(1).await;
        app.another_view().sql(removal, [service.id.as_str()]).await;
        paused.release().await;
        running.await.expect("a response").assert_status(200);
        let found = app.sql(sql, [service.id.as_str()]).await;
        assert_eq!(found, [json!({ "scope": left })], "{removal}");
        let forget = "DELETE FROM oauth_consents WHERE client_id = ?1";
        app.sql(forget, [service.id.as_str()]).await;
    }
}

/// The write notices that the consent was removed after the read.
#[tokio::test]
async fn consent_that_is_removed_during_the_request_is_not_restored() {
    let (app, service, browser) = setting().await;
    let removals = [
        "DELETE FROM oauth_consents WHERE client_id = ?1",
        "UPDATE oauth_consents SET scope = 'reports:read' WHERE client_id = ?1",
    ];
    for (index, removal) in removals.into_iter().enumerate() {
        service.code(&browser, &[]).await;
        let pending = service.pending(&app.anonymous(), &[]).await;
        let silent = [
            service.authorize(&browser, &[]),
            service.authorize(&browser, &[("prompt", "none")]),
            pending.read(&browser),
        ];
        for (number, request) in silent.into_iter().enumerate() {
            let sql = "SELECT scope FROM oauth_consents WHERE client_id = ?1";
            let consents = app.sql(sql, [service.id.as_str()]).await;
            assert_eq!(consents[0]["scope"], "reports:read offline_access");
            let before = entries(&app, &service).await.len();
            let fault = Fault::d1().matching("INTO oauth_grants").times(1).pauses();
            let paused = app.fault(fault).await;
            let running = tokio::spawn(request.into_future());
            paused.wait_for_hits(1).await;
            let view = app.another_view();
            view.sql(removal, [service.id.as_str()]).await;
            paused.release().await;
            let response = running.await.expect("a response");
            match number {
                0 => drop(response.sealed_request()),
                1 => {
                    let error = parameter(&response.response_to_client(), "error");
                    assert_eq!(error.as_deref(), Some("consent_required"));
                }
                _ => assert_eq!(response.assert_status(200).json()["next"], "consent"),
            }
            assert_eq!(entries(&app, &service).await.len(), before);
            let after = app.sql(sql, [service.id.as_str()]).await;
            let left = [json!({ "scope": "reports:read" })];
            assert_eq!(after, left[..index], "{removal}");
            let restored = "INSERT INTO oauth_consents (user_id, client_id, redirect_host, resource, scope, updated_at)
                  SELECT user_id, client_id, 'app.example.com', resource, scope, created_at FROM oauth_grants
                  WHERE client_id = ?1 LIMIT 1
                ON CONFLICT DO UPDATE SET scope = excluded.scope";
            app.sql(restored, [service.id.as_str()]).await;
        }
    }
}
