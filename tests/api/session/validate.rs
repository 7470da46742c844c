//! `GET /api/auth/validate`: check a token and return its user.

use crate::support::{App, Fault, Vars};
use serde_json::Value;

#[tokio::test]
async fn validate_returns_the_documented_body() {
    let app = App::shared();
    let john = app
        .new_user("john")
        .named("John Doe")
        .organization("Acme Corp")
        .aws_region("eu-north-1")
        .role("admin")
        .create()
        .await;
    let session = john.sign_in().await;
    insta::assert_snapshot!(session.validate().await.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "Token is valid",
      "user": {
        "id": "[uuid]",
        "username": "[john]",
        "email": "[john]@example.com",
        "name": "John Doe",
        "organization": "Acme Corp",
        "aws_region": "eu-north-1",
        "role": "admin",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      }
    }
    "#);
}

#[tokio::test]
async fn validate_without_a_token_returns_the_documented_401() {
    let app = App::shared();
    let response = app.anonymous().validate().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "No token provided"
    }
    "#);
    assert_eq!(response.challenge(), Some(r#"Bearer realm="edge-auth""#));
}

#[tokio::test]
async fn validate_with_an_invalid_token_returns_the_documented_401() {
    let app = App::shared();
    let response = app.with_token("garbage").validate().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "Invalid or expired token"
    }
    "#);
    assert_eq!(
        response.challenge(),
        Some(r#"Bearer realm="edge-auth", error="invalid_token""#)
    );
}

#[tokio::test]
async fn validate_returns_the_user_of_login_from_the_cache_and_from_d1() {
    let app = App::with(Vars::without_local_cache());
    let response = app.user("ada").await.login().await;
    let session = response.session();
    response.recorded().await;
    let from_cache = session.validate().await;
    assert_eq!(from_cache.recorded().await.d1(), 0);
    app.fault(Fault::kv().fails()).await;
    let from_d1 = session.validate().await;
    assert!(from_d1.recorded().await.d1() > 0);
    assert_eq!(from_cache.user(), response.user());
    assert_eq!(from_cache.text(), from_d1.text());
}

#[tokio::test]
async fn last_login_is_that_of_the_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.login().await;
    app.shift_clock(400).await;
    ada.login().await.assert_status(200);
    // The cached session is stale, so D1 is read.
    let response = first.session().validate().await;
    assert!(response.recorded().await.d1() > 0);
    let last_login = first.user()["last_login"].clone();
    assert_eq!(response.user()["last_login"], last_login);
}

#[tokio::test]
async fn token_is_valid_for_24_hours() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    // Clocks may differ by 30 s (RFC 7519 §4.1.4). The other seconds are for the time that this test takes.
    for (shift, status) in [(86_400 - 10, 200), (86_400 + 20, 200), (86_400 + 31, 401)] {
        app.shift_clock(shift).await;
        session.validate().await.assert_status(status);
    }
    let message = session.validate().await.message();
    assert_eq!(message, "Invalid or expired token");
}

#[tokio::test]
async fn token_issued_in_the_future_returns_401() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for (shift, status) in [(-20, 200), (-60, 401), (0, 200)] {
        app.shift_clock(shift).await;
        session.validate().await.assert_status(status);
    }
}

#[tokio::test]
async fn organization_region_and_email_can_be_null() {
    let app = App::shared();
    let ada = app
        .new_user("ada")
        .organization("Acme")
        .aws_region("eu-north-1")
        .create()
        .await;
    let session = ada.sign_in().await;
    ada.update("email = NULL, organization = NULL, aws_region = NULL")
        .await;
    app.fault(Fault::kv().fails()).await;
    let user = session.validate().await.user();
    for field in ["email", "organization", "aws_region"] {
        assert_eq!(user.get(field), Some(&Value::Null), "{field}");
    }
}

#[tokio::test]
async fn validate_of_a_disabled_user_returns_401() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.disable().await;
    app.fault(Fault::kv().fails()).await;
    session.validate().await.assert_status(401);
}

#[tokio::test]
async fn bearer_scheme_is_case_insensitive() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        let header = format!("{scheme}{session}");
        let response = app
            .anonymous()
            .validate()
            .header("authorization", header)
            .await;
        response.assert_status(200);
    }
}

#[tokio::test]
async fn token_in_the_query_or_in_a_cookie_is_ignored() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let path = format!("/api/auth/validate?access_token={session}&token={session}");
    let response = app
        .get(&path)
        .header("cookie", format!("token={session}"))
        .await;
    response.assert_status(401);
    assert_eq!(response.message(), "No token provided");
}

#[tokio::test]
async fn two_authorization_headers_return_401() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let header = format!("Bearer {session}");
    let request = session.validate();
    request
        .additional_header("authorization", header)
        .await
        .assert_status(401);
}
