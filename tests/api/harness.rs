//! The harness itself: a fault that strikes nobody, a clock that does not shift or a call that is not counted would
//! make tests pass that should fail.

use crate::support::{App, Fault, Reply, Vars, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn validate(app: &App, token: &str) -> Reply {
    app.get("/api/auth/validate").bearer(token).send().await
}

/// A request that makes one call of D1 and no other, each time.
async fn no_link(app: &App) -> Reply {
    let body = json!({ "token": "no such link", "password": "four unlikely words in a row" });
    let request = app.post("/api/auth/set-password").json(&body);
    request.send().await
}

#[tokio::test]
async fn calls_are_those_of_the_one_request() {
    // So that each request asks KV.
    let vars = Vars::new().set("SESSION_LOCAL_CACHE_TTL", "0");
    let (ada, bob) = (App::with(vars.clone()), App::with(vars));
    let token = ada.sign_in(&ada.password_user("ada").await).await;
    for _ in 0..20 {
        let (of_ada, of_bob) = tokio::join!(validate(&ada, &token), no_link(&bob));
        of_ada.assert_status(200);
        let (of_ada, of_bob) = (of_ada.seen().await, of_bob.seen().await);
        assert_eq!(
            (of_ada.d1(), of_ada.kv("get"), of_ada.calls.len()),
            (0, 1, 1),
            "{:?}",
            of_ada.calls
        );
        assert_eq!(
            (of_bob.d1(), of_bob.kv("get"), of_bob.calls.len()),
            (1, 0, 1),
            "{:?}",
            of_bob.calls
        );
    }
}

#[tokio::test]
async fn every_statement_of_a_sign_in_is_seen() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let seen = app.login(&ada).await.seen().await;
    assert_eq!(seen.kv("put"), 1, "{:?}", seen.calls);
    assert!(seen.statements().len() > seen.d1(), "{:?}", seen.calls);
    assert!(
        seen.statements()
            .iter()
            .any(|sql| sql.contains("INSERT INTO sessions")),
        "{:?}",
        seen.calls
    );
}

#[tokio::test]
async fn a_fault_is_of_one_test_and_of_the_calls_that_it_names() {
    let (ada, bob) = (App::shared(), App::shared());
    let fault = ada
        .fault(
            Fault::d1()
                .matching("from password_links")
                .nth(2)
                .times(1)
                .fails(),
        )
        .await;
    for expected in [400, 503, 400] {
        no_link(&ada).await.assert_status(expected);
        no_link(&bob).await.assert_status(400);
    }
    assert_eq!(fault.hits().await, 1);
    ada.fault(Fault::d1().matching("no such statement").fails())
        .await;
    no_link(&ada).await.assert_status(400);
}

#[tokio::test]
async fn a_clock_is_of_one_test() {
    let (ahead, beside) = (App::shared(), App::shared());
    ahead.shift_clock(86_400).await;
    let (ada, bob) = (
        ahead.password_user("ada").await,
        beside.password_user("bob").await,
    );
    let (tomorrow, today) = tokio::join!(ahead.login(&ada), beside.login(&bob));
    let day = |reply: &Reply| reply.json()["user"]["last_login"].as_str().unwrap()[..10].to_owned();
    assert!(
        day(&tomorrow) > day(&today),
        "{} {}",
        day(&tomorrow),
        day(&today)
    );
}

#[tokio::test]
async fn stale_reads_show_the_past_and_kv_entries_end_by_the_shifted_clock() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let stale = app.fault(Fault::kv().ops(&["get"]).reads_stale(60)).await;
    // Sixty seconds ago there was no copy; the record answers.
    let seen = validate(&app, &token).await.seen().await;
    assert!(seen.d1() > 0);
    assert_eq!(stale.hits().await, 1);
    app.shift_clock(61).await;
    let seen = validate(&app, &token).await.seen().await;
    assert_eq!((seen.d1(), seen.kv("get")), (0, 1));
    stale.mend().await;

    app.kv_put("forever", "1").await;
    app.shift_clock(40 * 86_400).await;
    validate(&app, &token).await.assert_status(401);
    assert_eq!(app.kv_get("forever").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_paused_write_waits_and_is_then_done() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let paused = app.fault(Fault::kv().ops(&["put"]).pauses()).await;
    let request = app.post("/api/auth/login").json(&ada.login());
    let name = request.name();
    let sign_in = tokio::spawn(request.send());
    paused.has_hit(1).await;
    let so_far = app.seen_so_far(&name).await;
    let key = so_far.calls.last().unwrap().key.clone();
    assert_eq!(app.kv_get(&key).await, None);
    paused.release().await;
    sign_in.await.unwrap().assert_status(200).seen().await;
    assert!(app.kv_get(&key).await.is_some());
}

#[tokio::test]
async fn a_lost_reply_is_a_write_done() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.fault(Fault::d1().matching("insert into sessions").loses_reply())
        .await;
    app.login(&ada).await.assert_status(503);
    assert_eq!(
        app.sql("SELECT id FROM sessions WHERE user_id = ?1", [ada.id])
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_slow_store_is_slow() {
    let app = App::shared();
    app.fault(Fault::d1().delays(300)).await;
    let start = Instant::now();
    no_link(&app).await.assert_status(400);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn cron_events_are_seen_and_faulted_like_requests() {
    let app = App::shared();
    let (outcome, seen) = app.scheduled("0 * * * *").await;
    assert_eq!(outcome, "ok");
    assert!(
        seen.statements()
            .iter()
            .any(|sql| sql.contains("DELETE FROM sessions")),
        "{:?}",
        seen.calls
    );
    let fault = app.fault(Fault::d1().fails()).await;
    let (_, seen) = app.scheduled("0 * * * *").await;
    assert!(fault.hits().await > 0);
    assert!(!seen.logs.is_empty());
}

#[tokio::test]
async fn what_was_stored_outlives_the_runtime() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    app.kv_put("key", "O'Brien").await;
    app.server().kill();
    assert!(app.get("/api/auth/health").try_send().await.is_err());
    app.server().restart();
    validate(&app, &token).await.assert_status(200);
    assert_eq!(app.kv_get("key").await.as_deref(), Some("O'Brien"));
    app.kv_delete("key").await;
    assert_eq!(app.kv_list("key").await, [""; 0]);
    app.shift_server_clock(86_400 + 60).await;
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn bytes_of_your_own_arrive_as_they_are() {
    let app = App::shared();
    let name = app.next_request();
    let request = format!(
        "GET /api/auth/%68ealth HTTP/1.1\r\nhost: x\r\nx-test-request: {name}\r\nconnection: close\r\n\r\n"
    );
    let reply = app.send_raw(request.as_bytes()).await;
    assert!(
        reply.starts_with(b"HTTP/1.1 404 "),
        "{}",
        String::from_utf8_lossy(&reply)
    );
    assert!(app.seen(&name).await.calls.is_empty());
}

#[tokio::test]
async fn sql_takes_and_gives_every_type() {
    let app = App::shared();
    let parameters = [
        json!("O'Brien; DROP TABLE users"),
        json!(1.5),
        json!(7),
        Value::Null,
    ];
    let rows = app
        .sql(
            "SELECT ?1 AS text, ?2 AS real, ?3 AS whole, ?4 AS none",
            parameters,
        )
        .await;
    assert_eq!(
        rows,
        [json!({"text": "O'Brien; DROP TABLE users", "real": 1.5, "whole": 7, "none": null})]
    );
    eventually("a second statement is answered", async || {
        app.sql("SELECT 1", [0; 0]).await.len() == 1
    })
    .await;
}
