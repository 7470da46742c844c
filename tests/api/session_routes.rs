//! `GET /api/auth/sessions`, `DELETE /api/auth/sessions/{id}` and `POST /api/auth/logout-all`: a person's own sessions.

use crate::sessions::{column, me, record_id, refresh, refreshed, signed_in, validate};
use crate::support::people::Person;
use crate::support::{App, Fault, Reply, Vars};
use serde_json::Value;

async fn list(app: &App, token: &str) -> Vec<Value> {
    let reply = app.get("/api/auth/sessions").bearer(token).send().await;
    reply.assert_status(200);
    reply.json()["sessions"].as_array().unwrap().clone()
}

async fn end(app: &App, token: &str, id: &str) -> Reply {
    let path = format!("/api/auth/sessions/{id}");
    app.request("DELETE", &path).bearer(token).send().await
}

async fn logout_all(app: &App, token: &str) -> Reply {
    app.post("/api/auth/logout-all").bearer(token).send().await
}

/// Everything that a token opens.
async fn statuses(app: &App, token: &str) -> [u16; 3] {
    [
        validate(app, token).await.status,
        me(app, token).await.status,
        refresh(app, token).await.status,
    ]
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    signed_in(&app, &bob).await;
    let login = app.post("/api/auth/login").json(&ada.login());
    let first = login.header("user-agent", "Ada's phone").send().await;
    let first = first.json()["token"].as_str().unwrap().to_owned();
    app.shift_clock(60).await;
    let second = signed_in(&app, &ada).await;
    let reply = app.get("/api/auth/sessions").bearer(&second).send().await;
    app.redact(app.address(), "address");
    app.redact(&record_id(&first), "first");
    app.redact(&record_id(&second), "second");
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "success": true,
      "sessions": [
        {
          "id": "[second]",
          "created_at": "[time]",
          "refreshed_at": "[time]",
          "last_used_at": "[time]",
          "ends_at": "[time]",
          "device": null,
          "address": "[address]",
          "refresh_device": null,
          "refresh_address": null,
          "is_current": true
        },
        {
          "id": "[first]",
          "created_at": "[time]",
          "refreshed_at": "[time]",
          "last_used_at": "[time]",
          "ends_at": "[time]",
          "device": "Ada's phone",
          "address": "[address]",
          "refresh_device": null,
          "refresh_address": null,
          "is_current": false
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (first, second) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    app.post("/api/auth/logout")
        .bearer(&first)
        .send()
        .await
        .assert_status(200);
    let ids: Vec<Value> = list(&app, &second)
        .await
        .iter()
        .map(|entry| entry["id"].clone())
        .collect();
    assert_eq!(ids, [record_id(&second)]);
    app.shift_clock(31 * 86_400).await;
    app.get("/api/auth/sessions")
        .bearer(&second)
        .send()
        .await
        .assert_status(401);
}

#[tokio::test]
async fn a_session_shows_where_it_was_refreshed_last() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let login = app.post("/api/auth/login").json(&ada.login());
    let login = login.header("user-agent", "Ada's phone").send().await;
    let token = login.json()["token"].as_str().unwrap().to_owned();
    let own = signed_in(&app, &ada).await;
    let elsewhere = app.elsewhere(1);
    app.shift_clock(5).await;
    let refresh = app.post("/api/auth/refresh").bearer(&token);
    let refresh = refresh
        .from(&elsewhere)
        .header("user-agent", "a thief's")
        .send()
        .await;
    refresh.assert_status(200);
    let shown = list(&app, &own).await;
    let shown = shown
        .iter()
        .find(|session| session["id"] == record_id(&token));
    let shown = shown.expect("the session");
    let fields =
        ["device", "address", "refresh_device", "refresh_address"].map(|name| &shown[name]);
    assert_eq!(
        fields,
        ["Ada's phone", app.address(), "a thief's", &elsewhere]
    );
    assert_ne!(shown["created_at"], shown["refreshed_at"]);
}

#[tokio::test]
async fn an_expired_session_is_not_listed() {
    let app = App::with(Vars::new().set("TOKEN_LIFETIME", "60"));
    let ada = app.password_user("ada").await;
    let (expired, kept) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    app.shift_clock(80).await;
    let kept = refreshed(&app, &kept).await;
    // With the leeway its token may still be refreshed.
    let ids = |listed: Vec<Value>| {
        listed
            .iter()
            .map(|entry| entry["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(list(&app, &kept).await).len(), 2);
    app.shift_clock(91).await;
    assert_eq!(ids(list(&app, &kept).await), [record_id(&kept)]);
    refresh(&app, &expired).await.assert_status(401);
    // What the owner revokes now is one session: the other had expired.
    logout_all(&app, &kept)
        .await
        .assert_status(200)
        .seen()
        .await;
    assert!(column(&app, &expired, "revoked_at").await.is_null());
}

#[tokio::test]
async fn the_last_use_is_recorded_once_an_hour() {
    let app = App::with(Vars::new().set("SESSION_CONSISTENCY", "strict"));
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for (seconds, is_written) in [(3_000, false), (3_700, true), (5_000, false), (7_400, true)] {
        app.shift_clock(seconds).await;
        let seen = validate(&app, &token).await.assert_status(200).seen().await;
        let statements = seen.statements();
        let written = statements.iter().any(|sql| sql.contains("last_used_at = "));
        assert_eq!(
            (written, seen.d1()),
            (is_written, 1 + usize::from(is_written)),
            "{seconds}"
        );
    }
    let listed = list(&app, &token).await;
    let used_at = listed[0]["last_used_at"].as_str().unwrap().to_owned();
    assert!(used_at.as_str() > listed[0]["refreshed_at"].as_str().unwrap());
    // A refresh is a use, and is recorded as such without a write of its own.
    app.shift_clock(12_000).await;
    let reply = refresh(&app, &token).await;
    assert_eq!(reply.assert_status(200).seen().await.d1(), 1);
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    let listed = list(&app, &token).await;
    assert_eq!(listed[0]["last_used_at"], listed[0]["refreshed_at"]);
}

#[tokio::test]
async fn the_last_use_is_recorded_after_the_response_when_the_cached_session_is_stale() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(3_700).await;
    let fault = app
        .fault(Fault::d1().matching("last_used_at = ").times(1).pauses())
        .await;
    let reply = validate(&app, &token).await;
    reply.assert_status(200);
    fault.has_hit(1).await;
    assert!(column(&app, &token, "last_used_at").await.is_null());
    fault.release().await;
    reply.seen().await;
    assert!(!column(&app, &token, "last_used_at").await.is_null());
    // From the cache no use is recorded.
    app.shift_clock(3_710).await;
    assert_eq!(validate(&app, &token).await.seen().await.d1(), 0);
}

#[tokio::test]
async fn a_repeated_delete_of_a_session_writes_nothing() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (lost, own) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    end(&app, &own, &record_id(&lost)).await.assert_status(200);
    for _ in 0..3 {
        let again = end(&app, &own, &record_id(&lost)).await;
        let seen = again.assert_status(200).seen().await;
        assert_eq!(seen.kv("put"), 0, "{:?}", seen.calls);
    }
    assert_eq!(entries(&app, &ada, "session_revoked").await, 1);
}

#[tokio::test]
async fn a_person_ends_one_of_their_sessions() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (lost, own) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    let reply = end(&app, &own, &record_id(&lost)).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Session ended"
    }
    "#);
    assert_eq!(statuses(&app, &lost).await, [401; 3]);
    validate(&app, &own).await.assert_status(200);
    // The reply may have been lost.
    end(&app, &own, &record_id(&lost)).await.assert_status(200);
    let entries = entries(&app, &ada, "session_revoked").await;
    assert_eq!(entries, 1);
    end(&app, &own, &record_id(&own)).await.assert_status(200);
    end(&app, &own, &record_id(&own)).await.assert_status(401);
}

async fn entries(app: &App, person: &Person, kind: &str) -> u64 {
    let sql = "SELECT count(*) AS n FROM audit WHERE subject = ?1 AND kind = ?2";
    app.sql(sql, [person.id.as_str(), kind]).await[0]["n"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let app = App::shared();
    let (ada, eve) = (app.super_admin("ada").await, app.super_admin("eve").await);
    let (of_ada, of_eve) = (signed_in(&app, &ada).await, signed_in(&app, &eve).await);
    for id in [
        record_id(&of_ada).as_str(),
        &record_id(&of_ada).to_uppercase(),
        &"0".repeat(64),
        "x",
        "%27%20OR%201=1",
        "..%2f",
        &"9".repeat(3_000),
    ] {
        let reply = end(&app, &of_eve, id).await;
        reply.assert_status(404);
        assert_eq!(reply.json()["message"], "Not found");
    }
    assert_eq!(entries(&app, &ada, "session_revoked").await, 0);
    assert_eq!(statuses(&app, &of_ada).await, [200; 3]);
}

#[tokio::test]
async fn a_path_with_an_id_is_one_segment() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    for path in [
        "/api/auth/sessions/",
        "/api/auth/sessions/a/b",
        "/api/auth/sessionsx",
        "/api/auth/sessions//",
    ] {
        app.request("DELETE", path)
            .bearer(&token)
            .send()
            .await
            .assert_status(404);
    }
    let reply = app
        .get("/api/auth/sessions/abc")
        .bearer(&token)
        .send()
        .await;
    reply.assert_status(405);
    assert_eq!(reply.header("allow"), Some("DELETE"));
    app.request("DELETE", "/api/auth/sessions")
        .bearer(&token)
        .send()
        .await
        .assert_status(405);
}

#[tokio::test]
async fn logout_all_ends_them_all_and_nobody_elses() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let of_bob = signed_in(&app, &bob).await;
    let tokens = [
        signed_in(&app, &ada).await,
        signed_in(&app, &ada).await,
        signed_in(&app, &ada).await,
    ];
    let reply = logout_all(&app, &tokens[1]).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Logged out everywhere"
    }
    "#);
    reply.seen().await;
    for token in &tokens {
        assert_eq!(statuses(&app, token).await, [401; 3]);
    }
    assert_eq!(statuses(&app, &of_bob).await, [200; 3]);
    assert_eq!(entries(&app, &ada, "sign_out").await, 1);
    logout_all(&app, &tokens[1]).await.assert_status(401);
}

#[tokio::test]
async fn without_a_live_session_there_is_nothing_to_see_or_end() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let id = record_id(&token);
    let path = format!("/api/auth/sessions/{id}");
    for (method, path) in [
        ("GET", "/api/auth/sessions"),
        ("DELETE", path.as_str()),
        ("POST", "/api/auth/logout-all"),
    ] {
        app.request(method, path).send().await.assert_status(401);
        app.request(method, path)
            .bearer("x.y.z")
            .send()
            .await
            .assert_status(401);
    }
    // The record decides, not a copy that still says yes.
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [ada.id.clone()]).await;
    for (method, path) in [
        ("GET", "/api/auth/sessions"),
        ("DELETE", path.as_str()),
        ("POST", "/api/auth/logout-all"),
    ] {
        app.request(method, path)
            .bearer(&token)
            .send()
            .await
            .assert_status(401);
    }
}

#[tokio::test]
async fn nobody_is_told_that_a_session_ended_if_d1_did_not_say_so() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (lost, own) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    for matching in ["UPDATE sessions", "INTO audit"] {
        let fault = app.fault(Fault::d1().matching(matching).fails()).await;
        end(&app, &own, &record_id(&lost)).await.assert_status(503);
        logout_all(&app, &own).await.assert_status(503);
        fault.mend().await;
    }
    assert_eq!(statuses(&app, &lost).await, [200; 3]);
    // Done, but the answer was lost: 503, and dead all the same.
    let fault = app
        .fault(
            Fault::d1()
                .matching("UPDATE sessions")
                .times(1)
                .loses_reply(),
        )
        .await;
    logout_all(&app, &own).await.assert_status(503);
    fault.mend().await;
    refresh(&app, &own).await.assert_status(401);
}
