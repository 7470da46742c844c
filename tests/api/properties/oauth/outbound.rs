//! The OAuth server sends no request to an address that a client or a token names.

use super::{app, browsers, vars};
use crate::support::receiver::Receiver;
use crate::support::services::{GRANT, ServiceKey, TOKEN};
use serde_json::{Value, json};

#[tokio::test]
async fn addresses_in_requests_and_tokens_are_not_fetched() {
    let app = app(vars());
    let receiver = Receiver::start().await;
    let url = receiver.url.as_str();
    let browser = browsers(&app, 1).await.remove(0);
    let service = app.application("none").await;
    for (changes, target) in [
        (
            &[("request_uri", url)][..],
            "error=request_uri_not_supported",
        ),
        (&[("client_id", url)], "/error?code=unknown_client"),
        (
            &[("client_id", url), ("redirect_uri", url)],
            "/error?code=unknown_client",
        ),
        (&[("redirect_uri", url)], "/error?code=invalid_redirect_uri"),
        (&[("resource", url)], "error=invalid_target"),
    ] {
        let response = service.authorize(&browser, changes).await;
        assert!(response.location().contains(target), "{changes:?}");
    }
    let keyed = app.service("private_key_jwt ES256", "reports:read").await;
    let key = ServiceKey::new_es256();
    let access = service.tokens(&browser, &[]).await.access;
    let claims = crate::support::token_part(&access, 1);
    for name in ["jku", "x5u", "iss"] {
        let mut header = json!({ "alg": "ES256", "typ": "JWT", "kid": "x" });
        header[name] = json!(url);
        let assertion = key.jwt(&header.to_string(), &keyed.claims().to_string());
        let response = keyed.post_assertion(TOKEN, &GRANT, &assertion).await;
        response.assert_error(401, "client_authentication_failed");
        header["typ"] = json!("at+jwt");
        let mut claims: Value = serde_json::from_str(&claims).expect("claims");
        for claims_name in ["", "iss", "aud"] {
            if !claims_name.is_empty() {
                claims[claims_name] = json!(url);
            }
            let token = key.jwt(&header.to_string(), &claims.to_string());
            let response = keyed.post("/oauth/introspect", &[("token", &token)]).await;
            assert_eq!(response.assert_status(200).json()["active"], false);
            let user = app.get("/oauth/userinfo").bearer(&token).await;
            user.assert_error(401, "invalid_token");
        }
    }
    assert!(receiver.take().is_empty());
}
