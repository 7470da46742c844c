//! `GET /api/auth/validate`: is this token good, and whose is it.

use crate::support::{App, Fault, Reply, Vars};
use serde_json::Value;

async fn validate(app: &App, token: &str) -> Reply {
    app.get("/api/auth/validate").bearer(token).send().await
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::shared();
    let john = app
        .person("john")
        .named("John Doe")
        .organization("Acme Corp")
        .aws_region("eu-north-1")
        .role("admin")
        .create()
        .await;
    let token = app.sign_in(&john).await;
    insta::assert_snapshot!(validate(&app, &token).await.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
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
async fn the_documented_401_without_a_token() {
    let app = App::shared();
    let reply = app.get("/api/auth/validate").send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "No token provided"
    }
    "#);
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="edge-auth""#)
    );
}

#[tokio::test]
async fn the_documented_401_with_a_token_that_is_not_good() {
    let app = App::shared();
    let reply = validate(&app, "garbage").await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    401
    {
      "success": false,
      "message": "Invalid or expired token"
    }
    "#);
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="edge-auth", error="invalid_token""#)
    );
}

#[tokio::test]
async fn the_user_is_the_same_as_in_the_sign_in_from_the_copy_and_from_the_record() {
    let app = App::with(Vars::new().set("SESSION_LOCAL_CACHE_TTL", "0"));
    let reply = app.login(&app.password_user("ada").await).await;
    let (token, user) = (reply.json()["token"].clone(), reply.json()["user"].clone());
    let token = token.as_str().unwrap();
    reply.seen().await;
    let from_copy = validate(&app, token).await;
    assert_eq!(from_copy.seen().await.d1(), 0);
    app.fault(Fault::kv().fails()).await;
    let from_record = validate(&app, token).await;
    assert!(from_record.seen().await.d1() > 0);
    assert_eq!(from_copy.json()["user"], user);
    assert_eq!(from_copy.text(), from_record.text());
}

#[tokio::test]
async fn last_login_is_the_sign_in_that_the_token_came_from() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = app.login(&ada).await.json();
    app.shift_clock(400).await;
    app.login(&ada).await.assert_status(200);
    // The copy's time is over, so this is the record's word.
    let reply = validate(&app, first["token"].as_str().unwrap()).await;
    assert!(reply.seen().await.d1() > 0);
    assert_eq!(
        reply.json()["user"]["last_login"],
        first["user"]["last_login"]
    );
}

#[tokio::test]
async fn a_token_is_good_for_24_hours() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    // Clocks may be 30 s off (RFC 7519 §4.1.4); a few seconds are left for this test to run in.
    for (shift, status) in [(86_400 - 10, 200), (86_400 + 20, 200), (86_400 + 31, 401)] {
        app.shift_clock(shift).await;
        validate(&app, &token).await.assert_status(status);
    }
    assert_eq!(
        validate(&app, &token).await.json()["message"],
        "Invalid or expired token"
    );
}

#[tokio::test]
async fn a_token_from_the_future_is_not_good() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for (shift, status) in [(-20, 200), (-60, 401), (0, 200)] {
        app.shift_clock(shift).await;
        validate(&app, &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn organization_region_and_email_may_be_null() {
    let app = App::shared();
    let ada = app
        .person("ada")
        .organization("Acme")
        .aws_region("eu-north-1")
        .create()
        .await;
    let token = app.sign_in(&ada).await;
    let sql = "UPDATE users SET email = NULL, organization = NULL, aws_region = NULL WHERE id = ?1";
    app.sql(sql, [ada.id]).await;
    app.fault(Fault::kv().fails()).await;
    let user = validate(&app, &token).await.json()["user"].clone();
    for field in ["email", "organization", "aws_region"] {
        assert_eq!(user.get(field), Some(&Value::Null), "{field}");
    }
}

#[tokio::test]
async fn a_disabled_persons_token_is_not_good() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [ada.id])
        .await;
    app.fault(Fault::kv().fails()).await;
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        let header = format!("{scheme}{token}");
        let reply = app
            .get("/api/auth/validate")
            .header("authorization", header)
            .send()
            .await;
        reply.assert_status(200);
    }
}

#[tokio::test]
async fn a_token_elsewhere_than_in_the_header_is_no_token() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let path = format!("/api/auth/validate?access_token={token}&token={token}");
    let reply = app
        .get(&path)
        .header("cookie", format!("token={token}"))
        .send()
        .await;
    reply.assert_status(401);
    assert_eq!(reply.json()["message"], "No token provided");
}

#[tokio::test]
async fn two_tokens_are_none() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let header = format!("Bearer {token}");
    let request = app.get("/api/auth/validate").bearer(&token);
    request
        .header_too("authorization", header)
        .send()
        .await
        .assert_status(401);
}
