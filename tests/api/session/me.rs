//! `GET /api/auth/me`: the current user.

use crate::support::{App, Fault, Vars};
use serde_json::Value;

#[tokio::test]
async fn me_returns_the_documented_body() {
    let app = App::shared();
    let john = app
        .new_user("john")
        .username("john.doe")
        .email("john.doe@example.com")
        .named("John Doe")
        .create()
        .await;
    let session = john.sign_in().await;
    let response = session.me().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "id": "[uuid]",
      "username": "john.doe",
      "email": "john.doe@example.com",
      "full_name": "John Doe",
      "is_active": true
    }
    "#);
    assert_eq!(response.json()["id"], john.id);
}

#[tokio::test]
async fn me_without_a_valid_token_returns_the_documented_401() {
    let app = App::shared();
    let without = app.anonymous().me().await;
    insta::assert_snapshot!(without.snapshot_body(), @r#"
    401
    {
      "detail": "Could not validate credentials"
    }
    "#);
    assert_eq!(without.challenge(), Some(r#"Bearer realm="edge-auth""#));
    let garbage = app.with_token("garbage").me().await;
    garbage.assert_status(401);
    assert_eq!(garbage.text(), without.text());
    assert_eq!(
        garbage.challenge(),
        Some(r#"Bearer realm="edge-auth", error="invalid_token""#)
    );
}

#[tokio::test]
async fn me_returns_the_same_from_the_cache_and_from_d1() {
    let app = App::with(Vars::without_local_cache());
    let session = app.user("ada").await.sign_in().await;
    let from_cache = session.me().await;
    assert_eq!(from_cache.recorded().await.d1(), 0);
    app.fault(Fault::kv().fails()).await;
    let from_d1 = session.me().await;
    assert!(from_d1.recorded().await.d1() > 0);
    assert_eq!(from_cache.text(), from_d1.text());
}

#[tokio::test]
async fn email_can_be_null() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.update("email = NULL").await;
    app.fault(Fault::kv().fails()).await;
    assert_eq!(session.me().await.json().get("email"), Some(&Value::Null));
}

#[tokio::test]
async fn me_of_a_disabled_user_returns_401() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.disable().await;
    app.fault(Fault::kv().fails()).await;
    session.me().await.assert_status(401);
}

#[tokio::test]
async fn me_with_an_expired_token_returns_401() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(86_400 + 31).await;
    session.me().await.assert_status(401);
}
