//! `POST /api/auth/change-password`: a new password by the current one.

use crate::sessions::{record_id, refresh, refreshed, signed_in, validate};
use crate::support::people::{PASSWORD, Person};
use crate::support::{App, Fault, Reply};
use serde_json::{Value, json};

const NEW: &str = "four unlikely words in a row";

async fn change(app: &App, token: &str, current: &str, new: &str) -> Reply {
    app.post("/api/auth/change-password")
        .bearer(token)
        .json(&json!({ "current_password": current, "new_password": new }))
        .send_until_admitted()
        .await
}

async fn login(app: &App, person: &Person, password: &str) -> u16 {
    app.calm_down().await;
    let body = json!({ "username": person.username, "password": password });
    let login = app.post("/api/auth/login").json(&body);
    login.send_until_admitted().await.status
}

async fn hash(app: &App, person: &Person) -> Value {
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    app.sql(sql, [person.id.clone()]).await[0]["password_hash"].clone()
}

#[tokio::test]
async fn the_new_password_is_good_and_the_old_one_is_not() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let reply = change(&app, &token, PASSWORD, NEW).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Password changed"
    }
    "#);
    assert_eq!(login(&app, &ada, NEW).await, 200);
    assert_eq!(login(&app, &ada, PASSWORD).await, 401);
}

#[tokio::test]
async fn the_other_sessions_and_the_links_end_and_this_one_goes_on() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let (other, own, of_bob) = (
        signed_in(&app, &ada).await,
        signed_in(&app, &ada).await,
        signed_in(&app, &bob).await,
    );
    let link = app.password_link(&ada).await;
    let link_of_bob = app.password_link(&bob).await;
    let own = refreshed(&app, &own).await;
    let reply = change(&app, &own, PASSWORD, NEW).await;
    reply.assert_status(200).seen().await;
    validate(&app, &other).await.assert_status(401);
    refresh(&app, &other).await.assert_status(401);
    // What it shows is what the record says now.
    let sql = "SELECT updated_at FROM users WHERE id = ?1";
    let updated_at = app.sql(sql, [ada.id.clone()]).await[0]["updated_at"].clone();
    assert_eq!(
        validate(&app, &own).await.json()["user"]["updated_at"],
        updated_at
    );
    refresh(&app, &own).await.assert_status(200);
    validate(&app, &of_bob).await.assert_status(200);
    let used = |link: String| {
        app.post("/api/auth/set-password")
            .json(&json!({ "token": link, "password": NEW }))
            .send()
    };
    used(link).await.assert_status(400);
    used(link_of_bob).await.assert_status(200);
}

#[tokio::test]
async fn it_is_in_the_audit_log() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (_, own) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    change(&app, &own, PASSWORD, NEW).await.assert_status(200);
    let sql = "SELECT kind, detail, actor FROM audit WHERE subject = ?1 AND kind <> 'sign_in' ORDER BY number";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(
        rows,
        [
            json!({ "kind": "password_set", "detail": "change", "actor": ada.id }),
            json!({ "kind": "session_revoked", "detail": "password_set", "actor": ada.id })
        ]
    );
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_slows_down() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let before = hash(&app, &ada).await;
    let reply = change(&app, &token, "wrong", NEW).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Current password is incorrect"
    }
    "#);
    change(&app, &token, PASSWORD, NEW).await.assert_status(429);
    assert_eq!(hash(&app, &ada).await, before);
    // Nobody is kept from signing in by it.
    app.login(&ada).await.assert_status(200);
    app.calm_down().await;
    change(&app, &token, PASSWORD, NEW).await.assert_status(200);
}

#[tokio::test]
async fn after_a_hundred_failures_it_is_locked_in_this_session_and_in_no_other() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (stolen, token) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms) VALUES (?1, 99, 0)";
    app.sql(sql, [format!("session:{}", record_id(&stolen))])
        .await;
    change(&app, &stolen, "wrong", NEW).await.assert_status(400);
    app.shift_clock(11).await;
    change(&app, &stolen, PASSWORD, NEW)
        .await
        .assert_status(400);
    let sql =
        "SELECT outcome, detail FROM audit WHERE subject = ?1 AND kind = 'password_change_failed'";
    assert_eq!(
        app.sql(sql, [ada.id.clone()]).await,
        [json!({ "outcome": "failure", "detail": "wrong; locked in this session now" })]
    );
    change(&app, &token, PASSWORD, NEW).await.assert_status(200);
    refresh(&app, &stolen).await.assert_status(401);
}

#[tokio::test]
async fn a_new_password_unlocks_the_account() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms) VALUES (?1, 100, 0)";
    app.sql(sql, [format!("account:{}", ada.id)]).await;
    assert_eq!(login(&app, &ada, PASSWORD).await, 401);
    change(&app, &token, PASSWORD, NEW).await.assert_status(200);
    assert_eq!(login(&app, &ada, NEW).await, 200);
}

#[tokio::test]
async fn the_policy_holds_and_a_refused_password_is_no_attempt() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    for new in [
        "short",
        "passwordpassword",
        &"x".repeat(200),
        &format!("{} {0}", ada.username),
    ] {
        let reply = change(&app, &token, "wrong", new).await;
        reply.assert_status(400);
        assert_ne!(
            reply.json()["message"],
            "Current password is incorrect",
            "{new}"
        );
    }
    change(&app, &token, PASSWORD, NEW).await.assert_status(200);
}

#[tokio::test]
async fn who_has_no_password_has_none_to_change() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let sql = "UPDATE users SET source = 'https://sso.example', subject = id WHERE id = ?1";
    app.sql(sql, [ada.id.clone()]).await;
    let before = hash(&app, &ada).await;
    change(&app, &token, PASSWORD, NEW).await.assert_status(400);
    assert_eq!(hash(&app, &ada).await, before);
}

#[tokio::test]
async fn of_many_changes_at_once_one_wins() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..12 {
        let (app, token) = (app.clone(), token.clone());
        changes.spawn(async move {
            let new = format!("{NEW}, number {number}");
            (change(&app, &token, PASSWORD, &new).await.status, new)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = changes
        .join_all()
        .await
        .into_iter()
        .partition(|(status, _)| *status == 200);
    assert_eq!(won.len(), 1, "{lost:?}");
    assert!(
        lost.iter()
            .all(|(status, _)| [400, 429, 503].contains(status)),
        "{lost:?}"
    );
    assert_eq!(login(&app, &ada, &won[0].1).await, 200);
}

#[tokio::test]
async fn a_change_that_cannot_be_written_whole_is_not_made() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (other, token) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    let before = hash(&app, &ada).await;
    for matching in [
        "UPDATE users",
        "DELETE FROM password_links",
        "INTO audit",
        "sign_in_attempts",
    ] {
        let fault = app.fault(Fault::d1().matching(matching).fails()).await;
        change(&app, &token, PASSWORD, NEW).await.assert_status(503);
        fault.mend().await;
        app.calm_down().await;
    }
    assert_eq!(hash(&app, &ada).await, before);
    refresh(&app, &other).await.assert_status(200);
}

#[tokio::test]
async fn stores_that_are_slow_but_answer_are_waited_for() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (other, token) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    // D1 has five seconds for each call, KV one for each write, which is made once more.
    app.fault(Fault::d1().delays(4_600)).await;
    app.fault(Fault::kv().ops(&["put"]).fails()).await;
    let start = std::time::Instant::now();
    change(&app, &token, PASSWORD, NEW).await.assert_status(200);
    let calls = 4;
    assert!(start.elapsed() > std::time::Duration::from_millis(calls * 4_600));
    app.mend_all().await;
    assert_eq!(login(&app, &ada, NEW).await, 200);
    refresh(&app, &other).await.assert_status(401);
}

#[tokio::test]
async fn bad_bodies_and_callers_are_told() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    app.post("/api/auth/change-password")
        .json(&body)
        .send()
        .await
        .assert_status(401);
    let post = || app.post("/api/auth/change-password").bearer(&token);
    for bad in [
        json!({}),
        json!({ "current_password": PASSWORD }),
        json!({ "current_password": 1, "new_password": NEW }),
    ] {
        let reply = post().json(&bad).send().await;
        reply.assert_status(400);
        assert_eq!(reply.json()["message"], "Invalid request body");
    }
    post().body("{}").send().await.assert_status(415);
    post()
        .json(&json!({ "x": "x".repeat(20_000) }))
        .send()
        .await
        .assert_status(413);
}
