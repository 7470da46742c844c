//! `id_token_hint` at `/oauth/authorize` (`OpenID` Connect Core section 3.1.2.1): only the user of the ID token gets a positive response.

use super::token::app;
use crate::support::grants::{WEB, address, parameter};
use crate::support::services::Service;
use crate::support::{App, Caller, User};

struct Setting {
    app: App,
    service: Service,
    user: User,
    browser: Caller,
    id_token: String,
}

/// A user who has consented, and whose client has an ID token.
async fn setting() -> Setting {
    let app = app();
    let service = app.application("none").await;
    let user = app.user("ada").await;
    let browser = user.sign_in_with_cookie().await;
    let id_token = service.id_token(&browser).await;
    service.allowed(&browser, &[]).await;
    Setting {
        app,
        service,
        user,
        browser,
        id_token,
    }
}

impl Setting {
    /// The error of the response to a request with this hint that forbids pages; `None` for a code.
    async fn silent(&self, browser: &Caller, hint: &str) -> Option<String> {
        let changes = [("id_token_hint", hint), ("prompt", "none")];
        let response = self.service.authorize(browser, &changes).await;
        let url = response.response_to_client();
        assert!(url.as_str().starts_with(WEB), "{url}");
        assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
        let error = parameter(&url, "error");
        assert_eq!(parameter(&url, "code").is_some(), error.is_none(), "{url}");
        error
    }
}

#[tokio::test]
async fn silent_request_is_granted_to_the_user_of_the_id_token_only() {
    let setting = setting().await;
    let eve = setting.app.user("eve").await.sign_in_with_cookie().await;
    setting.service.allowed(&eve, &[]).await;
    let login_required = Some("login_required".to_owned());
    for _ in 0..2 {
        let (browser, hint) = (&setting.browser, setting.id_token.as_str());
        assert_eq!(setting.silent(browser, hint).await, None);
        assert_eq!(setting.silent(&eve, hint).await, login_required);
        let anonymous = setting.app.anonymous();
        assert_eq!(setting.silent(&anonymous, hint).await, login_required);
        // The same for a token that has expired.
        setting.app.shift_clock(3_600).await;
    }
    assert_eq!(setting.silent(&eve, "").await, None);
}

#[tokio::test]
async fn invalid_hint_is_an_invalid_request() {
    let setting = setting().await;
    let other = setting.app.application("none").await;
    let of_other = other.id_token(&setting.browser).await;
    let access = setting.service.tokens(&setting.browser, &[]).await.access;
    let changed = format!("{}x", setting.id_token);
    for hint in ["x", &of_other, &access, &changed] {
        let error = setting.silent(&setting.browser, hint).await;
        assert_eq!(error.as_deref(), Some("invalid_request"), "{hint}");
    }
}

#[tokio::test]
async fn another_user_is_asked_to_sign_in_and_is_refused_after_that() {
    let setting = setting().await;
    let eve = setting.app.user("eve").await;
    let earlier = eve.sign_in_with_cookie().await;
    setting.service.allowed(&earlier, &[]).await;
    setting.app.shift_clock(10).await;
    let changes = [("id_token_hint", setting.id_token.as_str())];
    let pending = setting.service.pending(&earlier, &changes).await;
    assert_eq!(pending.next(&earlier).await["next"], "sign_in");
    // Eve signs in again.
    let again = eve.sign_in_with_cookie().await;
    let next = pending.next(&again).await;
    assert_eq!(next["next"], "redirect");
    let url = address(&next["location"]);
    assert_eq!(parameter(&url, "error").as_deref(), Some("login_required"));
    assert_eq!(parameter(&url, "code"), None);
    // The user of the token completes the request, whose consent is remembered.
    let right = setting.user.sign_in_with_cookie().await;
    let next = pending.next(&right).await;
    let url = address(&next["location"]);
    assert!(parameter(&url, "code").is_some(), "{url}");
}
