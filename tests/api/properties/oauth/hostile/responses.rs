//! What the browser of a user gets: responses that a client cannot take for those of another server, and pages that cannot be framed.

use super::super::{app, browsers, vars};
use crate::support::grants::{AUTHORIZE, LOOPBACK, PRIVATE, WEB, address, parameter};
use reqwest::Url;

/// Exactly one `iss`, and one code or error, whatever the redirect URI and the state.
#[tokio::test]
async fn each_response_to_a_client_names_the_issuer_once() {
    let app = app(vars());
    let (service, browser) = (
        app.application("none").await,
        browsers(&app, 1).await.remove(0),
    );
    let (service, browser) = (&service, &browser);
    let own = app.page_origin();
    let check = |url: &Url, redirect_uri: &str, state: &str, name: &str| {
        assert!(
            url.as_str().starts_with(&format!("{redirect_uri}?")),
            "{url}"
        );
        assert_eq!(parameter(url, "iss").as_deref(), Some(own.as_str()));
        assert_eq!(parameter(url, "state").as_deref(), Some(state), "{url}");
        for other in ["code", "error"] {
            assert_eq!(parameter(url, other).is_some(), other == name, "{url}");
        }
        assert_eq!(url.fragment(), None);
    };
    for redirect_uri in [WEB, LOOPBACK, PRIVATE] {
        for state in [
            "plain",
            "&iss=https://canary.example",
            "x&code=canary&error=x",
            "#iss=https://canary.example",
            "\r\nLocation: https://canary.example",
            "</script><script>alert(1)</script>",
        ] {
            let changes = [
                ("redirect_uri", redirect_uri),
                ("state", state),
                ("prompt", "consent"),
            ];
            let allowed = service.allowed(browser, &changes).await;
            check(&allowed, redirect_uri, state, "code");
            let pending = service.pending(browser, &changes).await;
            let denied = pending.decide(browser, "deny").await;
            let denied = address(&denied.assert_status(200).json()["location"]);
            check(&denied, redirect_uri, state, "error");
            let silent = [changes[0], changes[1], ("prompt", "none")];
            let silent = service
                .authorize(browser, &silent)
                .await
                .response_to_client();
            let name = if redirect_uri == WEB { "code" } else { "error" };
            check(&silent, redirect_uri, state, name);
            let invalid = [changes[0], changes[1], ("response_type", "token")];
            let invalid = service
                .authorize(browser, &invalid)
                .await
                .response_to_client();
            check(&invalid, redirect_uri, state, "error");
        }
    }
    let metadata = app.get("/.well-known/oauth-authorization-server");
    let metadata = metadata.await.json();
    assert_eq!(metadata["issuer"], own);
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
}

/// Neither the pages nor the endpoints can be framed.
#[tokio::test]
async fn nothing_of_an_authorization_can_be_shown_in_a_frame() {
    let app = app(vars());
    let (service, browser) = (
        app.application("none").await,
        browsers(&app, 1).await.remove(0),
    );
    let pending = service.pending(&browser, &[]).await;
    let query = service.authorize(&browser, &[]).await;
    let path = query
        .request()
        .split_once(' ')
        .expect("a path")
        .1
        .to_owned();
    let request = &pending.request;
    for path in [
        "/consent",
        &format!("/consent?request={request}"),
        "/error?code=unknown_client",
        "/sign-in",
        "/signed-out",
        "/account",
        AUTHORIZE,
        &path,
    ] {
        let response = browser.get(path).await;
        let policy = response.header("content-security-policy");
        let policy = policy.expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(policy.contains("default-src 'none'"), "{path}");
        // The address of the consent page has the sealed request.
        assert_eq!(
            response.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
        assert!(!response.text().contains(request.as_str()), "{path}");
    }
}
