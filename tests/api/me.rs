//! `GET /api/auth/me`: who am I.

use crate::support::{App, Fault, Reply, Vars};
use serde_json::Value;

async fn me(app: &App, token: &str) -> Reply {
    app.get("/api/auth/me").bearer(token).send().await
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::shared();
    let john = app
        .person("john")
        .username("john.doe")
        .email("john.doe@example.com")
        .named("John Doe")
        .create()
        .await;
    let token = app.sign_in(&john).await;
    let reply = me(&app, &token).await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "id": "[uuid]",
      "username": "john.doe",
      "email": "john.doe@example.com",
      "full_name": "John Doe",
      "is_active": true
    }
    "#);
    assert_eq!(reply.json()["id"], john.id);
}

#[tokio::test]
async fn the_documented_401_is_that_of_no_token_and_of_a_token_that_is_not_good() {
    let app = App::shared();
    let without = app.get("/api/auth/me").send().await;
    insta::assert_snapshot!(without.snapshot_body(), @r#"
    401
    {
      "detail": "Could not validate credentials"
    }
    "#);
    assert_eq!(
        without.header("www-authenticate"),
        Some(r#"Bearer realm="edge-auth""#)
    );
    let garbage = me(&app, "garbage").await;
    garbage.assert_status(401);
    assert_eq!(garbage.text(), without.text());
    assert_eq!(
        garbage.header("www-authenticate"),
        Some(r#"Bearer realm="edge-auth", error="invalid_token""#)
    );
}

#[tokio::test]
async fn the_copy_and_the_record_say_the_same() {
    let app = App::with(Vars::new().set("SESSION_LOCAL_CACHE_TTL", "0"));
    let reply = app.login(&app.password_user("ada").await).await;
    reply.seen().await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    let from_copy = me(&app, &token).await;
    assert_eq!(from_copy.seen().await.d1(), 0);
    app.fault(Fault::kv().fails()).await;
    let from_record = me(&app, &token).await;
    assert!(from_record.seen().await.d1() > 0);
    assert_eq!(from_copy.text(), from_record.text());
}

#[tokio::test]
async fn an_email_may_be_null() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.sql("UPDATE users SET email = NULL WHERE id = ?1", [ada.id])
        .await;
    app.fault(Fault::kv().fails()).await;
    assert_eq!(
        me(&app, &token).await.json().get("email"),
        Some(&Value::Null)
    );
}

#[tokio::test]
async fn a_disabled_person_is_nobody() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [ada.id])
        .await;
    app.fault(Fault::kv().fails()).await;
    me(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn an_expired_token_is_nobodys() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    app.shift_clock(86_400 + 31).await;
    me(&app, &token).await.assert_status(401);
}
