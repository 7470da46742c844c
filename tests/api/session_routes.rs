//! `GET /api/auth/sessions`, `DELETE /api/auth/sessions/{id}` and `POST /api/auth/logout-all`: a person's own sessions.

use crate::sessions::{me, record_id, refresh, signed_in, validate};
use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
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
