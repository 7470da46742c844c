//! A pending sign-in is completed by the browser or client network that began it.

use crate::support::App;
use serde_json::json;

#[tokio::test]
async fn another_browser_cannot_complete_a_sign_in() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let pending = ada.first_step("cookie").await;
    let code = authenticator.code().await;
    let own = pending.browser.clone().expect("a cookie");
    let (name, _) = own.split_once('=').expect("a pair");
    for cookie in [
        String::new(),
        format!("{name}="),
        format!("{name}={}", "A".repeat(22)),
        own.to_uppercase(),
        format!("x{own}"),
    ] {
        let mut elsewhere = pending.clone();
        elsewhere.browser = Some(cookie.clone());
        let response = app.anonymous().verify(&elsewhere, "totp", &code).await;
        response.assert_error(401, "pending_sign_in_expired");
    }
    assert_eq!(ada.wrong_codes().await, 0);
    let request = app.anonymous().verify(&pending, "totp", &code);
    // The network of the browser may change.
    let response = request.client_ip(&app.other_ip(1)).await;
    response.assert_status(200);
}

#[tokio::test]
async fn another_network_cannot_complete_a_sign_in_without_a_browser() {
    let app = App::shared();
    for (begun, same, others) in [
        (
            "2001:db8:aaaa:1::1",
            "2001:db8:aaaa:ffff::2",
            ["2001:db8:aaab::1", "198.51.100.7"],
        ),
        (
            "198.51.100.9",
            "198.51.100.9",
            ["198.51.100.8", "2001:db8:aaaa:1::1"],
        ),
    ] {
        let ada = app.user("ada").await;
        let authenticator = ada.add_totp().await;
        let request = app
            .anonymous()
            .sign_in("token", &ada.username, &ada.password);
        let pending = request.client_ip(begun).await.pending();
        assert_eq!(pending.browser, None);
        let code = authenticator.code().await;
        for other in others {
            let request = app.anonymous().verify(&pending, "totp", &code);
            let response = request.client_ip(other).await;
            response.assert_error(401, "pending_sign_in_expired");
        }
        let request = app.anonymous().verify(&pending, "totp", &code);
        request.client_ip(same).await.assert_status(200);
    }
}

#[tokio::test]
async fn browser_that_has_the_cookie_keeps_it_for_the_next_sign_in() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let first = ada.first_step("cookie").await.browser.expect("a cookie");
    app.skip_back_off().await;
    for kind in ["cookie", "token"] {
        let body = json!({
            "method": "password", "session": kind, "username": ada.username, "password": ada.password
        });
        let request = app.post("/api/auth/sign-in").same_origin().cookie(&first);
        let response = request.json(&body).hashes_a_password().await;
        assert_eq!(response.pending().browser, Some(first.clone()), "{kind}");
        app.skip_back_off().await;
    }
}
