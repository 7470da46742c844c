//! Forged and malformed tokens are refused.

use super::tokens::sign;
use crate::support::{App, Fault, SIGNING_KEYS, TOKEN_ROUTES, token_part};
use jwt_attacks::{HEADER, attacks, controls};
use serde_json::{Value, json};

#[path = "../../vectors/jwt_attacks/mod.rs"]
pub mod jwt_attacks;

#[tokio::test]
async fn unusual_but_valid_tokens_are_accepted() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let secret = app.vars().expect("JWT_SECRET");
    for (name, token) in controls(secret, session.token()) {
        let unusual = app.with_token(token);
        for (route, request) in TOKEN_ROUTES {
            let status = request(&unusual).await.status;
            assert_eq!(status, 200, "{name} at {route}");
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn every_forged_token_returns_the_same_401_and_reads_no_store() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let attacks = attacks(app.vars().expect("JWT_SECRET"), session.token());
    assert!(attacks.len() > 300, "{}", attacks.len());
    let stores = [
        app.fault(Fault::d1().fails()).await,
        app.fault(Fault::kv().fails()).await,
    ];
    for (route, request) in TOKEN_ROUTES {
        let garbage = request(&app.with_token("garbage")).await;
        garbage.assert_status(401);
        for (name, token) in &attacks {
            let response = request(&app.with_token(token)).await;
            let what = format!("{name} at {route}");
            assert_eq!(response.snapshot(), garbage.snapshot(), "{what}");
            assert_eq!(response.body, garbage.body, "{what}");
        }
    }
    for store in stores {
        assert_eq!(store.hits().await, 0);
        store.remove().await;
    }
    assert_eq!(session.statuses().await, [200; 3]);
}

#[tokio::test]
async fn logout_with_a_forged_token_revokes_nothing() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let store = app.fault(Fault::d1().fails()).await;
    for (name, token) in attacks(app.vars().expect("JWT_SECRET"), session.token()) {
        let response = app.with_token(token).logout().await;
        let expected = json!({ "success": true, "message": "Logged out" });
        assert_eq!(response.status, 200, "{name}");
        assert_eq!(response.json(), expected, "{name}");
    }
    assert_eq!(store.hits().await, 0);
    store.remove().await;
    session.refresh().await.assert_status(200);
}

#[tokio::test]
async fn validly_signed_token_without_a_session_is_refused() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = ada.sign_in().await;
    let claims = token_part(session.token(), 1);
    let parsed: Value = serde_json::from_str(&claims).expect("claims");
    let sid = parsed["sid"].as_str().expect("a sid");
    // D1 must be read for these. A cached session is found by session and generation alone.
    app.fault(Fault::kv().fails()).await;
    for claims in [
        claims.replace(&ada.id, &bob.id),
        claims.replace(sid, "AAAAAAAAAAAAAAAAAAAAAA"),
        claims.replace(r#""gen":0"#, r#""gen":1"#),
        claims.replace(r#""gen":0"#, r#""gen":4294967295"#),
    ] {
        let token = sign(HEADER, &claims, app.vars().expect("JWT_SECRET"));
        let forged = app.with_token(token);
        for response in [forged.validate().await, forged.me().await] {
            assert_eq!(response.status, 401, "{claims}");
        }
    }
    session.validate().await.assert_status(200);
}

#[tokio::test]
async fn access_token_is_refused_where_a_session_token_is_expected() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let [own, other] = SIGNING_KEYS;
    let stores = [
        app.fault(Fault::d1().fails()).await,
        app.fault(Fault::kv().fails()).await,
    ];
    for key in [own, other] {
        let token = app.access_token(key, &ada.id).await;
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        let [header, claims] = [0, 1].map(|index| token_part(&token, index));
        let secret = app.vars().expect("JWT_SECRET");
        // The claims of a session, in an access token and under the header of one.
        let mixed = token_part(session.token(), 1);
        for token in [
            token.clone(),
            sign(&header, &claims, secret),
            sign(HEADER, &claims, secret),
            sign(&header, &mixed, secret),
            format!(
                "{}.{signature}",
                session.token().rsplit_once('.').expect("a signature").0
            ),
            format!("{message}."),
        ] {
            for (route, request) in TOKEN_ROUTES {
                let response = request(&app.with_token(&token)).await;
                assert_eq!(response.status, 401, "{token} at {route}");
                assert_eq!(response.error_code(), Some("invalid_token"), "{route}");
            }
        }
    }
    for store in stores {
        assert_eq!(store.hits().await, 0);
        store.remove().await;
    }
    assert_eq!(session.statuses().await, [200; 3]);
}
