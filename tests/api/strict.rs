//! `SESSION_CONSISTENCY=strict`: D1 answers every question; KV is neither asked nor believed.

use crate::sessions::{assert_dead, cache, logout, me, refreshed, signed_in, validate};
use crate::support::{App, Fault, Vars};
use serde_json::json;

fn strict() -> App {
    App::with(Vars::new().set("SESSION_CONSISTENCY", "strict"))
}

#[tokio::test]
async fn every_route_asks_d1_and_none_asks_kv() {
    let app = strict();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    let refreshed = app.post("/api/auth/refresh").bearer(&token).send().await;
    for reply in [
        reply,
        validate(&app, &token).await,
        me(&app, &token).await,
        refreshed,
    ] {
        let seen = reply.assert_status(200).seen().await;
        assert!(seen.d1() > 0, "{:?}", seen.calls);
        assert_eq!((seen.kv("get"), seen.kv("put")), (0, 0), "{:?}", seen.calls);
    }
}

#[tokio::test]
async fn a_sign_out_is_immediate_whatever_kv_says() {
    let app = strict();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(Fault::kv().fails()).await;
    logout(&app, &token).await.assert_status(200);
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_rotated_out_token_is_refused_after_the_replay_window() {
    let app = strict();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    validate(&app, &first).await.assert_status(200);
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
    validate(&app, &second).await.assert_status(200);
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    let app = strict();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [ada.id])
        .await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_changed_role_shows_at_once() {
    let app = strict();
    let ada = app.admin("ada").await;
    let token = signed_in(&app, &ada).await;
    app.sql("UPDATE users SET role = 'user' WHERE id = ?1", [ada.id])
        .await;
    assert_eq!(validate(&app, &token).await.json()["user"]["role"], "user");
}

#[tokio::test]
async fn a_false_copy_is_not_believed() {
    let app = strict();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let mut user = validate(&app, &token).await.json()["user"].clone();
    user["role"] = json!("super_admin");
    let far = 253_402_300_799_i64;
    let entry = json!({ "read_at": far, "fresh_until": far, "expires_at": far, "user": user });
    cache(&app, &token, &entry).await;
    assert_eq!(validate(&app, &token).await.json()["user"]["role"], "user");
    logout(&app, &token).await.assert_status(200);
    cache(&app, &token, &entry).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn without_d1_nothing_is_known() {
    let app = strict();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let fault = app.fault(Fault::d1().fails()).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        reply.assert_status(503);
    }
    fault.mend().await;
    validate(&app, &token).await.assert_status(200);
}
