//! `GET` and `POST /oauth/authorize`: the rules of authorization requests.

use super::token::app;
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::{AUTHORIZE, CHALLENGE, LOOPBACK, PRIVATE, WEB, parameter};
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller};
use std::collections::BTreeSet;

async fn setting() -> (App, Service, Caller) {
    setting_in(app()).await
}

async fn setting_in(app: App) -> (App, Service, Caller) {
    let service = app.application("none").await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    (app, service, browser)
}

#[tokio::test]
async fn request_without_a_valid_client_and_redirect_uri_leads_to_the_error_page() {
    let (app, service, browser) = setting().await;
    let disabled = app.application("none").await;
    let sql = "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [disabled.id.as_str()]).await;
    let without_code = app.service("client_secret_basic", "reports:read").await;
    let unusual = service.id.replace('-', "");
    for (changes, code) in [
        (&[("client_id", "")][..], "unknown_client"),
        (&[("client_id", "x")], "unknown_client"),
        (&[("client_id", unusual.as_str())], "unknown_client"),
        (&[("client_id", disabled.id.as_str())], "unknown_client"),
        (
            &[("client_id", without_code.id.as_str())],
            "invalid_redirect_uri",
        ),
        (&[("redirect_uri", "")], "invalid_redirect_uri"),
        (
            &[("redirect_uri", "https://evil.example/callback")],
            "invalid_redirect_uri",
        ),
        (
            &[("redirect_uri", "https://app.example.com/callback/")],
            "invalid_redirect_uri",
        ),
        (
            &[("redirect_uri", "https://app.example.com/callback?x=1")],
            "invalid_redirect_uri",
        ),
        (
            &[("redirect_uri", "https://APP.example.com/callback")],
            "invalid_redirect_uri",
        ),
        (
            &[("redirect_uri", "http://127.0.0.1:1/other")],
            "invalid_redirect_uri",
        ),
        (
            &[("redirect_uri", "http://localhost:1/callback")],
            "invalid_redirect_uri",
        ),
        // Nothing else is checked first.
        (
            &[("client_id", "x"), ("response_type", "token")],
            "unknown_client",
        ),
        (
            &[("redirect_uri", "x"), ("request", "x")],
            "invalid_redirect_uri",
        ),
    ] {
        let response = service.authorize(&browser, changes).await;
        assert_eq!(
            response.location(),
            format!("/error?code={code}"),
            "{changes:?}"
        );
        assert!(response.set_cookies().is_empty());
    }
    for extra in [
        format!("client_id={}", service.id),
        "redirect_uri=https://evil.example".to_owned(),
    ] {
        let first = service.authorize(&browser, &[]).await;
        let path = first
            .request()
            .split_once(' ')
            .map(|(_, path)| path.to_owned());
        let path = path.expect("a path");
        let response = browser.get(&format!("{path}&{extra}")).await;
        assert_eq!(
            response.location(),
            "/error?code=invalid_request",
            "{extra}"
        );
    }
}

#[tokio::test]
async fn error_of_a_request_is_sent_to_the_client_with_state_and_issuer() {
    let (app, service, browser) = setting().await;
    let short = &CHALLENGE[1..];
    let long = "s".repeat(7_000);
    for (changes, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (
            &[("response_type", "code id_token")],
            "unsupported_response_type",
        ),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_mode", "form_post")], "invalid_request"),
        (&[("request", "x")], "request_not_supported"),
        (
            &[("request_uri", "https://x.example")],
            "request_uri_not_supported",
        ),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", short)], "invalid_request"),
        (
            &[("resource", "https://api.example.com/v1/")],
            "invalid_target",
        ),
        (
            &[("resource", "https://api.example.com/v1#x")],
            "invalid_target",
        ),
        (&[("resource", "https://evil.example")], "invalid_target"),
        (&[("scope", "unknown")], "invalid_scope"),
        (&[("scope", "openid offline_access")], "invalid_scope"),
        (&[("scope", "mail:send")], "invalid_scope"),
        (&[("scope", "reports:read  openid")], "invalid_scope"),
        // The role of the user may not grant it.
        (
            &[("scope", "reports:write reports:delete")],
            "invalid_scope",
        ),
        (&[("resource", ""), ("scope", "profile")], "invalid_scope"),
        (&[("prompt", "none consent")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("prompt", "none")], "consent_required"),
        (
            &[("login_hint", ""), ("nonce", &long[..600])],
            "invalid_request",
        ),
    ] {
        for redirect_uri in [WEB, LOOPBACK, PRIVATE] {
            let changes = [changes, &[("redirect_uri", redirect_uri)]].concat();
            let url = service
                .authorize(&browser, &changes)
                .await
                .response_to_client();
            assert!(url.as_str().starts_with(redirect_uri), "{url}");
            assert_eq!(
                parameter(&url, "error").as_deref(),
                Some(error),
                "{changes:?}"
            );
            assert!(parameter(&url, "error_description").is_some());
            assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
            assert_eq!(parameter(&url, "iss"), Some(app.page_origin()));
            assert_eq!(parameter(&url, "code"), None);
        }
    }
    let anonymous = app.anonymous();
    let url = service.authorize(&anonymous, &[("prompt", "none")]).await;
    let error = parameter(&url.response_to_client(), "error");
    assert_eq!(error.as_deref(), Some("login_required"));
    // A `state` that does not fit into a sealed request.
    let url = service.authorize(&browser, &[("state", &long)]).await;
    let error = parameter(&url.response_to_client(), "error");
    assert_eq!(error.as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn repeated_parameter_is_an_invalid_request() {
    let (_, service, browser) = setting().await;
    let first = service.authorize(&browser, &[]).await;
    let path = first
        .request()
        .split_once(' ')
        .map(|(_, path)| path.to_owned());
    let path = path.expect("a path");
    for (extra, state) in [
        ("scope=openid", Some("the state")),
        ("resource=https://mail.example.com/", Some("the state")),
        ("code_challenge_method=plain", Some("the state")),
        ("x=1&x=2", Some("the state")),
        ("state=other", None),
    ] {
        let response = browser.get(&format!("{path}&{extra}")).await;
        let url = response.response_to_client();
        assert_eq!(
            parameter(&url, "error").as_deref(),
            Some("invalid_request"),
            "{extra}"
        );
        assert_eq!(parameter(&url, "state").as_deref(), state, "{extra}");
    }
}

/// Other sites can begin requests. With too many cookies, a browser would delete the one of the session.
#[tokio::test]
async fn browser_keeps_the_cookies_of_the_last_ten_requests() {
    let (app, service, browser) = setting().await;
    let mut cookies: Vec<String> = Vec::new();
    for _ in 0..12 {
        cookies.push(service.pending(&browser, &[]).await.cookie);
    }
    for kept in [9, 10, 12] {
        let header = [cookies[..kept].join("; "), "other=1".to_owned()].join("; ");
        let response = service
            .authorize(&app.anonymous().with_cookie(&header), &[])
            .await;
        let set = response.set_cookies();
        let deleted: Vec<&str> = set
            .iter()
            .filter(|cookie| cookie.contains("; Max-Age=0;"))
            .filter_map(|cookie| cookie.split('=').next())
            .collect();
        let oldest = cookies[..kept - 9].iter();
        let oldest: Vec<&str> = oldest.filter_map(|it| it.split('=').next()).collect();
        assert_eq!(deleted, oldest, "{set:?}");
        assert_eq!(set.len(), oldest.len() + 1, "{set:?}");
    }
}

/// A browser sends no `SameSite=Lax` cookie with a form of another site, so the service could not delete the oldest ones.
#[tokio::test]
async fn form_of_another_site_is_redirected_to_the_link() {
    let (_, service, browser) = setting().await;
    let parameters = service.parameters(&[("state", "a b&c=\u{e9}")]);
    let form = |site: &str, parameters: &[(&str, &str)]| {
        let request = service.app().post("/oauth/authorize").form(parameters);
        request.header("sec-fetch-site", site)
    };
    let response = form("cross-site", &parameters).await;
    assert!(response.set_cookies().is_empty());
    let link = response.location();
    assert!(link.starts_with("/oauth/authorize?"), "{link}");
    drop(browser.get(&link).await.sealed_request());
    let found = form_urlencoded::parse(link.split_once('?').expect("a query").1.as_bytes());
    let found: Vec<(String, String)> = found.into_owned().collect();
    let expected = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(found, expected.collect::<Vec<_>>());
    // Repetitions are kept, so that they are refused.
    let twice = [parameters.as_slice(), &[("scope", "openid")]].concat();
    let link = form("cross-site", &twice).await.location();
    let error = parameter(&browser.get(&link).await.response_to_client(), "error");
    assert_eq!(error.as_deref(), Some("invalid_request"));
    let long = "x".repeat(9_000);
    let long = form("cross-site", &service.parameters(&[("state", &long)])).await;
    assert_eq!(long.location(), "/error?code=invalid_request");
    for site in ["same-origin", "same-site", "none"] {
        drop(form(site, &parameters).await.sealed_request());
    }
}

/// A session cannot exceed its rate limit by changing its address.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn requests_of_a_session_count_towards_its_rate_limit() {
    // An isolate counts requests of the current minute. Tests with other clocks in the same isolate would begin another minute.
    let (app, service, browser) = setting_in(App::isolated(with_resources())).await;
    let mut keys = BTreeSet::new();
    for number in 0..310 {
        let request = service.authorize(&browser, &[]);
        let response = request.client_ip(&app.other_ip(number)).await;
        keys.extend(response.recorded().await.rate_limit_keys);
    }
    let of_session = keys
        .iter()
        .filter(|key| key.contains(&browser.session_id()));
    assert_eq!(of_session.count(), 1, "{keys:?}");
}

#[tokio::test]
async fn request_leads_to_the_consent_page_with_a_cookie_of_its_own() {
    let (app, service, browser) = setting().await;
    let https = App::with(with_resources().set("JWT_ISSUER", "https://auth.example.com"));
    let of_https = https.application("none").await;
    let (http, port) = app.page_origin().rsplit_once(':').map_or_else(
        || panic!("a port"),
        |(_, port)| (format!("edge-auth-request-{port}-"), port.to_owned()),
    );
    assert!(!port.is_empty());
    for (service, caller, start, secure) in [
        (&service, &browser, http.as_str(), ""),
        (
            &of_https,
            &https.anonymous(),
            "__Host-edge-auth-request-",
            "; Secure",
        ),
    ] {
        let response = service.authorize(caller, &[]).await;
        let cookies = response.set_cookies();
        let [cookie] = cookies.as_slice() else {
            panic!("{cookies:?}")
        };
        let (_, attributes) = cookie.split_once(';').expect("attributes");
        let expected = format!(" Path=/; Max-Age=600; HttpOnly{secure}; SameSite=Lax");
        assert_eq!(attributes, expected);
        assert!(cookie.starts_with(start), "{cookie}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    let pending = service.pending(&browser, &[]).await;
    let other = service.pending(&browser, &[]).await;
    let name = |pending: &str| pending.split('=').next().map(str::to_owned);
    assert_ne!(name(&other.cookie), name(&pending.cookie));
    // No table has the request.
    let sql = "SELECT count(*) AS count FROM oauth_grants WHERE client_id = ?1";
    assert_eq!(app.sql(sql, [service.id.as_str()]).await[0]["count"], 0);
}

#[tokio::test]
async fn form_has_the_rules_of_a_link() {
    let (app, service, browser) = setting().await;
    for (caller, prompt, error) in [
        (app.anonymous(), "none", Some("login_required")),
        (browser.clone(), "none", Some("consent_required")),
        (browser, "", None),
    ] {
        let parameters = service.parameters(&[("prompt", prompt)]);
        let request = caller.post(AUTHORIZE).form(&parameters);
        let response = request.header("origin", "https://app.example.com").await;
        match error {
            None => drop(response.sealed_request()),
            Some(error) => {
                let url = response.response_to_client();
                assert_eq!(parameter(&url, "error").as_deref(), Some(error));
            }
        }
    }
}

#[tokio::test]
async fn endpoint_without_keys_leads_to_the_error_page() {
    let off = with_resources().without("OAUTH_KEY_1");
    let app = App::with(off);
    let service = app.application("none").await;
    let response = service.authorize(&app.anonymous(), &[]).await;
    assert_eq!(response.location(), "/error?code=oauth_disabled");
}

#[tokio::test]
async fn prompt_none_of_a_remembered_consent_returns_a_code_at_once() {
    let (app, service, browser) = setting().await;
    service.allowed(&browser, &[]).await;
    for prompt in ["none", ""] {
        let changes = [("prompt", prompt)];
        let url = service
            .authorize(&browser, &changes)
            .await
            .response_to_client();
        let code = parameter(&url, "code").expect("a code");
        assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
        assert_eq!(parameter(&url, "iss"), Some(app.page_origin()));
        service.redeem(&code, &[]).await.assert_status(200);
    }
    // A HEAD request has no effect.
    let sql = "SELECT count(*) AS count FROM oauth_grants WHERE client_id = ?1";
    let before = app.sql(sql, [service.id.as_str()]).await;
    let got = service.authorize(&browser, &[]).await;
    let path = got
        .request()
        .split_once(' ')
        .map(|(_, path)| path.to_owned());
    browser
        .request("HEAD", &path.expect("a path"))
        .await
        .sealed_request();
    let after = app.sql(sql, [service.id.as_str()]).await;
    let count = |rows: &[serde_json::Value]| rows[0]["count"].as_i64().expect("a count");
    assert_eq!(count(&after), count(&before) + 1);
    app.shift_clock(10).await;
    for (changes, error) in [
        (&[("scope", "reports:read openid")][..], "consent_required"),
        (&[("redirect_uri", LOOPBACK)], "consent_required"),
        (&[("redirect_uri", PRIVATE)], "consent_required"),
        (
            &[
                ("resource", "https://mail.example.com/"),
                ("scope", "mail:send"),
            ],
            "consent_required",
        ),
        (&[("max_age", "0")], "login_required"),
    ] {
        let changes = [changes, &[("prompt", "none")]].concat();
        let url = service
            .authorize(&browser, &changes)
            .await
            .response_to_client();
        assert_eq!(
            parameter(&url, "error").as_deref(),
            Some(error),
            "{changes:?}"
        );
    }
}

#[tokio::test]
async fn users_and_clients_have_consents_of_their_own() {
    let (app, service, browser) = setting().await;
    service.allowed(&browser, &[]).await;
    let other_user = app.user("eve").await.sign_in_with_cookie().await;
    let other_client = app.application("none").await;
    for (service, browser) in [(&service, &other_user), (&other_client, &browser)] {
        let url = service.authorize(browser, &[("prompt", "none")]).await;
        let error = parameter(&url.response_to_client(), "error");
        assert_eq!(error.as_deref(), Some("consent_required"));
    }
}

#[tokio::test]
async fn host_and_scheme_of_the_resource_are_compared_without_case() {
    let (app, service, browser) = setting().await;
    let changes = [("resource", "HTTPS://API.Example.COM/v1")];
    let code = service.code(&browser, &changes).await;
    let tokens = service.redeem(&code, &changes).await.tokens();
    assert_eq!(super::token::claims(&tokens.access)["aud"], RESOURCE);
    let resource = app.grant_column(&tokens.access, "resource").await;
    assert_eq!(resource, RESOURCE);
}
