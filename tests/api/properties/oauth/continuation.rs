//! An authorization request waits while the user signs in, however the user does that.

use super::{app, vars};
use crate::support::authenticator::{Algorithm, Authenticator};
use crate::support::grants::parameter;

#[tokio::test]
async fn authorization_request_survives_a_sign_in_with_a_passkey() {
    let app = app(vars());
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let session = ada.sign_in().await;
    session.add_passkey(&mut passkey).await.assert_status(200);
    let pending = service.pending(&app.anonymous(), &[]).await;
    assert_eq!(pending.next(&app.anonymous()).await["next"], "sign_in");
    let prompt = app.passkey_prompt().await;
    let credential = passkey.get(&prompt.options, &app.page_origin());
    // The cookies of the passkey prompt and of the authorization request are in the same browser.
    let cookies = format!("{}; {}", prompt.cookie, pending.cookie);
    let browser = app.anonymous().with_cookie(&cookies);
    let signed_in = browser.passkey_sign_in("cookie", &prompt.state, &credential);
    let signed_in = signed_in.await;
    let deleted = signed_in.set_cookies();
    let name = pending.cookie.split('=').next().expect("a name");
    assert!(!deleted.iter().any(|cookie| cookie.starts_with(name)));
    let browser = signed_in.cookie_session();
    assert_eq!(pending.next(&browser).await["next"], "consent");
    let url = pending.allow(&browser).await;
    assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
    let code = parameter(&url, "code").expect("a code");
    let tokens = service.redeem(&code, &[]).await.tokens();
    let amr = app.grant_column(&tokens.access, "amr").await;
    assert!(
        amr.as_str().is_some_and(|amr| !amr.contains("pwd")),
        "{amr}"
    );
}
