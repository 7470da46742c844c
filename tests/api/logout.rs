//! `POST /api/auth/logout`: the session of this token ends.

use crate::sessions::{cached, record_id, revoked};
use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
use serde_json::{Value, json};

async fn logout(app: &App, token: &str) -> Reply {
    app.post("/api/auth/logout").bearer(token).send().await
}

async fn refresh(app: &App, token: &str) -> Reply {
    app.post("/api/auth/refresh").bearer(token).send().await
}

/// What the three routes that take a token say to this one.
async fn statuses(app: &App, token: &str) -> [u16; 3] {
    [
        app.get("/api/auth/validate")
            .bearer(token)
            .send()
            .await
            .status,
        app.get("/api/auth/me").bearer(token).send().await.status,
        refresh(app, token).await.status,
    ]
}

async fn living_sessions(app: &App, person: &Person) -> usize {
    let sql = "SELECT id FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    app.sql(sql, [person.id.clone()]).await.len()
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    insta::assert_snapshot!(logout(&app, &token).await.snapshot(), @r#"
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
      "message": "Logged out"
    }
    "#);
}

#[tokio::test]
async fn the_token_is_dead_everywhere_afterwards() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    assert_eq!(statuses(&app, &token).await, [200; 3]);
    logout(&app, &token).await.assert_status(200);
    assert_eq!(statuses(&app, &token).await, [401; 3]);
    assert_eq!(living_sessions(&app, &ada).await, 0);
}

#[tokio::test]
async fn the_persons_other_sessions_live_on() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (here, there) = (app.sign_in(&ada).await, app.sign_in(&ada).await);
    logout(&app, &here).await.assert_status(200);
    assert_eq!(statuses(&app, &here).await, [401; 3]);
    assert_eq!(statuses(&app, &there).await, [200; 3]);
}

#[tokio::test]
async fn nobody_is_logged_out_as_well() {
    let app = App::shared();
    let fault = app.fault(Fault::d1().fails()).await;
    let mut replies = vec![app.post("/api/auth/logout").send().await];
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "Basic YTpi",
        "Bearer a.b.c",
    ] {
        let request = app.post("/api/auth/logout").header("authorization", header);
        replies.push(request.send().await);
    }
    for reply in &replies {
        reply.assert_status(200);
        assert_eq!(reply.snapshot(), replies[0].snapshot());
    }
    assert_eq!(fault.hits().await, 0, "there is no session to look for");
}

#[tokio::test]
async fn twice_is_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    let first = logout(&app, &token).await.snapshot();
    let sql = "SELECT revoked_at FROM sessions WHERE user_id = ?1";
    let revoked_at = app.sql(sql, [ada.id.clone()]).await;
    app.shift_clock(60).await;
    assert_eq!(logout(&app, &token).await.snapshot(), first);
    assert_eq!(app.sql(sql, [ada.id]).await, revoked_at);
}

/// All that D1 and KV keep of a token's session.
async fn stored(app: &App, token: &str) -> Value {
    let id = record_id(token);
    let session = app
        .sql("SELECT * FROM sessions WHERE id = ?1", [id.clone()])
        .await;
    let entries = app
        .sql("SELECT * FROM audit WHERE session = ?1", [id.clone()])
        .await;
    let mut values = Vec::new();
    for key in app.kv_list(&format!("session:{id}:")).await {
        values.push(app.kv_get(&key).await);
    }
    json!([session, entries, values])
}

#[tokio::test]
async fn a_repeated_logout_writes_nothing() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    // A live token, one that was rotated out just now, one that was rotated out before, and an expired one.
    for (rotations, seconds) in [(0, 0), (1, 0), (2, 60), (0, 100_000), (1, 100_000)] {
        app.shift_clock(0).await;
        let token = app.sign_in(&ada).await;
        let mut current = token.clone();
        for _ in 0..rotations {
            current = crate::sessions::refreshed(&app, &current).await;
        }
        app.shift_clock(seconds).await;
        let first = logout(&app, &token).await;
        first.assert_status(200).seen().await;
        let before = stored(&app, &token).await;
        for token in [&token, &current, &token] {
            app.shift_clock(app.clock() + 2).await;
            let again = logout(&app, token).await;
            assert_eq!(again.snapshot(), first.snapshot());
            let seen = again.seen().await;
            assert_eq!(seen.kv("put"), 0, "{rotations} {seconds}: {:?}", seen.calls);
            assert_eq!(stored(&app, token).await, before, "{rotations} {seconds}");
        }
    }
}

#[tokio::test]
async fn an_expired_token_ends_its_session() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.shift_clock(86_400 + 3_600).await;
    assert_eq!(statuses(&app, &token).await, [401; 3]);
    assert_eq!(living_sessions(&app, &ada).await, 1);
    logout(&app, &token).await.assert_status(200);
    assert_eq!(living_sessions(&app, &ada).await, 0);
}

#[tokio::test]
async fn a_superseded_token_ends_its_session_and_with_it_the_token_that_followed() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let old = app.sign_in(&ada).await;
    let reply = refresh(&app, &old).await;
    reply.assert_status(200).seen().await;
    let new = reply.json()["access_token"].as_str().unwrap().to_owned();
    app.shift_clock(60).await;
    logout(&app, &old).await.assert_status(200);
    assert_eq!(statuses(&app, &new).await, [401; 3]);
    assert_eq!(living_sessions(&app, &ada).await, 0);
}

#[tokio::test]
async fn the_copies_at_the_edge_are_overwritten() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    reply.seen().await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    let entry = cached(&app, &token).await.expect("a cached session");
    assert!(entry["fresh_until"].is_number(), "{entry}");
    logout(&app, &token).await.assert_status(200);
    assert_eq!(cached(&app, &token).await, Some(revoked()));
}

#[tokio::test]
async fn what_the_record_does_not_confirm_is_503_and_the_session_lives() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for fault in [Fault::d1().fails(), Fault::d1().hangs()] {
        let fault = app.fault(fault).await;
        let reply = logout(&app, &token).await;
        reply.assert_status(503);
        assert!(reply.header("retry-after").is_some());
        fault.mend().await;
        assert_eq!(
            app.get("/api/auth/me").bearer(&token).send().await.status,
            200
        );
    }
    logout(&app, &token).await.assert_status(200);
    assert_eq!(statuses(&app, &token).await, [401; 3]);
}

#[tokio::test]
async fn a_confirmation_that_was_lost_comes_with_the_next_try() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.fault(Fault::d1().times(1).loses_reply()).await;
    logout(&app, &token).await.assert_status(503);
    logout(&app, &token).await.assert_status(200);
    assert_eq!(living_sessions(&app, &ada).await, 0);
}

#[tokio::test]
async fn the_edge_being_out_does_not_keep_anybody_in() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.fault(Fault::kv().fails()).await;
    logout(&app, &token).await.assert_status(200);
    assert_eq!(living_sessions(&app, &ada).await, 0);
    assert_eq!(statuses(&app, &token).await, [401; 3]);
}

#[tokio::test]
async fn a_body_is_not_asked_for_and_not_looked_at() {
    let app = App::shared();
    for body in ["", "{}", "not JSON"] {
        let reply = app.post("/api/auth/logout").body(body).send().await;
        reply.assert_status(200);
    }
}
