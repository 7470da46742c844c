//! `GET` and `POST /oauth/logout`, and `POST /api/auth/sign-out-request`: an application asks to sign the user out (`OpenID` Connect
//! RP-Initiated Logout 1.0).

use super::token::app;
use crate::support::grants::{Changes, LOGOUT, SIGNED_OUT, sign_out_path};
use crate::support::services::{Service, ServiceKey, with_resources};
use crate::support::{App, Caller, Fault, Response, User};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

const READ: &str = "/api/auth/sign-out-request";

struct Setting {
    app: App,
    service: Service,
    user: User,
    browser: Caller,
    id_token: String,
}

async fn setting() -> Setting {
    let app = app();
    let service = app.application("none").await;
    let user = app.user("ada").await;
    let browser = user.sign_in_with_cookie().await;
    let id_token = service.id_token(&browser).await;
    Setting {
        app,
        service,
        user,
        browser,
        id_token,
    }
}

impl Setting {
    /// The response to a link of the application.
    async fn link(&self, parameters: &Changes<'_>) -> Response {
        let request = self.browser.get(&sign_out_path(parameters));
        request.header("sec-fetch-site", "cross-site").await
    }

    /// What the page does in this browser after such a link.
    async fn page(&self, browser: &Caller, parameters: &Changes<'_>) -> Value {
        let request = self.link(parameters).await.sign_out_request();
        read(browser, &request).await
    }
}

async fn read(browser: &Caller, request: &str) -> Value {
    let body = json!({ "request": request });
    let response = browser.post(READ).same_origin().json(&body).await;
    assert!(response.set_cookies().is_empty());
    response.assert_status(200).json()
}

#[tokio::test]
async fn page_signs_out_the_user_of_the_id_token_and_asks_any_other() {
    let setting = setting().await;
    let (id, id_token) = (setting.service.id.as_str(), setting.id_token.as_str());
    let uri = ("post_logout_redirect_uri", SIGNED_OUT);
    let (client_id, hint) = (("client_id", id), ("id_token_hint", id_token));
    let client = json!({ "client_id": id, "name": "Reports" });
    let user = json!({ "id": setting.user.id, "username": setting.user.username, "name": setting.user.name });
    let back = format!("{SIGNED_OUT}?state=a+b%26c");
    for (parameters, next, location, client) in [
        (
            &[hint, uri, ("state", "a b&c")][..],
            "sign_out",
            back.as_str(),
            &client,
        ),
        (&[hint, client_id, uri], "sign_out", SIGNED_OUT, &client),
        (&[hint], "sign_out", "/signed-out", &client),
        (
            &[hint, ("logout_hint", "eve"), ("x", "y")],
            "sign_out",
            "/signed-out",
            &client,
        ),
        (&[client_id, uri], "ask", SIGNED_OUT, &client),
        (&[client_id], "ask", "/signed-out", &client),
        (&[("state", "x")], "ask", "/signed-out", &Value::Null),
        (&[], "ask", "/signed-out", &Value::Null),
    ] {
        let expected =
            json!({ "next": next, "location": location, "client": client, "user": user });
        let found = setting.page(&setting.browser, parameters).await;
        assert_eq!(found, expected, "{parameters:?}");
    }
    // Another user is asked, and no user is not.
    let other = setting.app.user("eve").await.sign_in_with_cookie().await;
    let found = setting.page(&other, &[hint, uri]).await;
    assert_eq!(
        (&found["next"], &found["location"]),
        (&json!("ask"), &json!(SIGNED_OUT))
    );
    let found = setting.page(&setting.app.anonymous(), &[hint, uri]).await;
    let expected =
        json!({ "next": "redirect", "location": SIGNED_OUT, "client": client, "user": null });
    assert_eq!(found, expected);
    // All of these requests have changed nothing.
    assert_eq!(setting.browser.statuses().await, [200; 3]);
}

#[tokio::test]
async fn sign_out_of_the_page_ends_the_session_and_its_grants() {
    let setting = setting().await;
    let (service, browser) = (&setting.service, &setting.browser);
    let offline = service.tokens(browser, &[]).await;
    let online = service.tokens(browser, &[("scope", "reports:read")]).await;
    let found = setting
        .page(browser, &[("id_token_hint", &setting.id_token)])
        .await;
    assert_eq!(found["next"], "sign_out");
    browser.logout().await.assert_status(200);
    assert_eq!(browser.statuses().await, [401; 3]);
    let refused = service.refresh(&online.refresh, &[]).await;
    refused.assert_error(400, "invalid_grant");
    service
        .refresh(&offline.refresh, &[])
        .await
        .assert_status(200);
    // The browser has no session, so a repeated request leads on.
    let found = setting
        .page(browser, &[("id_token_hint", &setting.id_token)])
        .await;
    assert_eq!(found["next"], "redirect");
}

#[tokio::test]
async fn id_token_is_a_hint_after_it_has_expired() {
    let setting = setting().await;
    setting.app.shift_clock(86_400).await;
    let browser = setting.user.sign_in_with_cookie().await;
    let hint = ("id_token_hint", setting.id_token.as_str());
    let found = setting.page(&browser, &[hint]).await;
    assert_eq!(found["next"], "sign_out");
}

#[tokio::test]
async fn invalid_id_token_is_none_and_does_not_lead_back() {
    let setting = setting().await;
    let access = setting.service.tokens(&setting.browser, &[]).await.access;
    let session = setting.user.sign_in().await.token().to_owned();
    let (message, signature) = setting.id_token.rsplit_once('.').expect("a signature");
    let forged = ServiceKey::new_es256().sign(message.as_bytes());
    let forged = Base64UrlUnpadded::encode_string(&forged);
    let other = if signature.starts_with('A') { "B" } else { "A" };
    for id_token in [
        "x".to_owned(),
        access,
        session,
        message.to_owned(),
        format!("{message}."),
        format!("{message}.{other}{}", &signature[1..]),
        format!("{}x", setting.id_token),
        // Signed with another key that has the same id.
        format!("{message}.{forged}"),
        "x".repeat(9_000),
    ] {
        for more in [
            &[][..],
            &[("post_logout_redirect_uri", SIGNED_OUT)],
            &[
                ("client_id", setting.service.id.as_str()),
                ("post_logout_redirect_uri", SIGNED_OUT),
            ],
        ] {
            let parameters = [&[("id_token_hint", id_token.as_str())], more].concat();
            let found = setting.page(&setting.browser, &parameters).await;
            assert_eq!(found["next"], "ask", "{id_token}");
            assert_eq!(found["location"], "/signed-out", "{id_token} {more:?}");
        }
    }
}

#[tokio::test]
async fn unregistered_address_leads_to_the_error_page() {
    let setting = setting().await;
    let other = setting.app.application("none").await;
    let disabled = setting.app.application("none").await;
    let sql = "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1";
    setting.app.sql(sql, [disabled.id.as_str()]).await;
    let client = ("client_id", setting.service.id.as_str());
    let hint = ("id_token_hint", setting.id_token.as_str());
    let uri = |uri| ("post_logout_redirect_uri", uri);
    for (parameters, code) in [
        (&[uri(SIGNED_OUT)][..], "unknown_client"),
        (&[("client_id", "x"), uri(SIGNED_OUT)], "unknown_client"),
        (&[("client_id", "x")], "unknown_client"),
        (
            &[("client_id", disabled.id.as_str()), uri(SIGNED_OUT)],
            "unknown_client",
        ),
        (&[("client_id", other.id.as_str()), hint], "invalid_request"),
        (
            &[("client_id", other.id.as_str()), hint, uri(SIGNED_OUT)],
            "invalid_request",
        ),
        (&[client, ("client_id", "x")], "invalid_request"),
        (
            &[client, uri(SIGNED_OUT), uri("https://evil.example/")],
            "invalid_request",
        ),
        (&[client, ("state", &"s".repeat(7_000))], "invalid_request"),
    ] {
        let response = setting.link(parameters).await;
        assert_eq!(
            response.location(),
            format!("/error?code={code}"),
            "{parameters:?}"
        );
    }
    for address in [
        "https://evil.example/",
        "https://app.example.com/signed-out/",
        "https://app.example.com/signed-out?x=1",
        "https://app.example.com/signed-out#x",
        "https://APP.example.com/signed-out",
        "https://app.example.com.evil.example/signed-out",
        "https://app.example.com@evil.example/signed-out",
        "http://app.example.com/signed-out",
        // A redirect URI is another address.
        "https://app.example.com/callback",
        "http://localhost:1/out",
        "http://127.0.0.1:1/other",
        "com.example.app:/callback",
        "//evil.example/signed-out",
        "/signed-out",
        "javascript:alert(1)",
        "x",
    ] {
        for by in [client, hint] {
            let response = setting.link(&[by, uri(address)]).await;
            assert_eq!(
                response.location(),
                "/error?code=invalid_redirect_uri",
                "{address}"
            );
            assert!(response.set_cookies().is_empty());
        }
    }
    for address in [
        "http://127.0.0.1/out",
        "http://127.0.0.1:49152/out",
        "com.example.app:/out",
    ] {
        let found = setting.page(&setting.browser, &[hint, uri(address)]).await;
        assert_eq!(found["location"], address);
    }
    assert_eq!(setting.browser.statuses().await, [200; 3]);
}

#[tokio::test]
async fn form_has_the_rules_of_a_link() {
    let setting = setting().await;
    let uri = ("post_logout_redirect_uri", SIGNED_OUT);
    let hint = ("id_token_hint", setting.id_token.as_str());
    // Browsers send no cookie with a form of another site.
    let anonymous = setting.app.anonymous();
    let post = |parameters: &Changes<'_>| {
        let request = anonymous.post(LOGOUT).form(parameters);
        request.header("origin", "https://app.example.com")
    };
    let request = post(&[hint, uri, ("state", "s")]).await.sign_out_request();
    let found = read(&setting.browser, &request).await;
    assert_eq!(found["next"], "sign_out");
    assert_eq!(found["location"], format!("{SIGNED_OUT}?state=s"));
    let refused = post(&[hint, ("post_logout_redirect_uri", "https://evil.example/")]).await;
    assert_eq!(refused.location(), "/error?code=invalid_redirect_uri");
    let many: Vec<String> = (0..65).map(|number| format!("p{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(post(&many).await.location(), "/error?code=invalid_request");
}

#[tokio::test]
async fn sealed_request_is_valid_for_ten_minutes_and_for_the_registered_address() {
    let setting = setting().await;
    let hint = ("id_token_hint", setting.id_token.as_str());
    let uri = ("post_logout_redirect_uri", SIGNED_OUT);
    let request = setting.link(&[hint, uri]).await.sign_out_request();
    let without = json!({ "next": "ask", "location": "/signed-out", "client": null });
    let sql = "UPDATE oauth_clients SET post_logout_redirect_uris = ?2 WHERE id = ?1";
    let id = setting.service.id.as_str();
    setting
        .app
        .sql(sql, [id, r#"["https://app.example.com/other"]"#])
        .await;
    let found = read(&setting.browser, &request).await;
    assert_eq!(found["location"], "/signed-out");
    setting
        .app
        .sql(sql, [id, &json!([SIGNED_OUT]).to_string()])
        .await;
    assert_eq!(
        read(&setting.browser, &request).await["location"],
        SIGNED_OUT
    );
    setting.app.shift_clock(599).await;
    assert_eq!(read(&setting.browser, &request).await["next"], "sign_out");
    setting.app.shift_clock(600).await;
    let consent = setting.service.pending(&setting.browser, &[]).await.request;
    for text in [request.as_str(), "", "x", &consent] {
        let mut found = read(&setting.browser, text).await;
        found.as_object_mut().expect("an object").remove("user");
        assert_eq!(found, without, "{text}");
    }
}

#[tokio::test]
async fn languages_of_the_request_are_those_of_the_page() {
    let setting = setting().await;
    for (locales, expected) in [
        ("de", "&ui_locales=de"),
        ("fr-CA de en", "&ui_locales=fr-CA+de+en"),
        ("de&x=1", ""),
        ("\u{e4}", ""),
    ] {
        let location = setting.link(&[("ui_locales", locales)]).await.location();
        let found = location.find('&').map_or("", |start| &location[start..]);
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn request_of_the_page_must_come_from_the_service() {
    let setting = setting().await;
    let body = json!({ "request": "" });
    for caller in [setting.app.anonymous(), setting.browser.clone()] {
        let request = caller.post(READ).header("sec-fetch-site", "cross-site");
        let request = request.header("origin", "https://evil.example");
        request
            .json(&body)
            .await
            .assert_error(403, "cross_site_request");
    }
}

#[tokio::test]
async fn sign_out_works_without_storage_until_the_client_is_needed() {
    let setting = setting().await;
    let fault = setting.app.fault(Fault::d1().fails()).await;
    setting.link(&[]).await.sign_out_request();
    let client = ("client_id", setting.service.id.as_str());
    setting
        .link(&[client])
        .await
        .assert_error(503, "storage_unavailable");
    fault.remove().await;
    let off = App::with(with_resources().without("OAUTH_KEY_1"));
    let response = off.get(LOGOUT).await;
    assert_eq!(response.location(), "/error?code=oauth_disabled");
}
