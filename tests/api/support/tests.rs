//! Tests of the harness. If a fault had no effect, a clock did not shift or a call was not recorded, tests that should
//! fail would pass.

use crate::support::{App, Fault, Response, Vars, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A request that makes one call to D1 and no other, each time.
async fn no_link(app: &App) -> Response {
    let body = json!({ "token": "no such link", "password": "four unlikely words in a row" });
    let request = app.post("/api/auth/set-password").json(&body);
    request.await
}

#[tokio::test]
async fn recorded_calls_are_those_of_one_request() {
    // Each request reads KV.
    let vars = Vars::without_local_cache();
    let (ada, bob) = (App::with(vars.clone()), App::with(vars));
    let session = ada.user("ada").await.sign_in().await;
    for _ in 0..20 {
        let (adas, bobs) = tokio::join!(session.validate(), no_link(&bob));
        adas.assert_status(200);
        let (adas, bobs) = (adas.recorded().await, bobs.recorded().await);
        assert_eq!(
            (adas.d1(), adas.kv_reads(), adas.calls.len()),
            (0, 1, 1),
            "{:?}",
            adas.calls
        );
        assert_eq!(
            (bobs.d1(), bobs.kv_reads(), bobs.calls.len()),
            (1, 0, 1),
            "{:?}",
            bobs.calls
        );
    }
}

#[tokio::test]
async fn every_statement_of_a_login_is_recorded() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let recorded = ada.login().await.recorded().await;
    assert_eq!(recorded.kv_writes(), 1, "{:?}", recorded.calls);
    assert!(
        recorded.statements().len() > recorded.d1(),
        "{:?}",
        recorded.calls
    );
    assert!(
        recorded
            .statements()
            .iter()
            .any(|sql| sql.contains("INSERT INTO sessions")),
        "{:?}",
        recorded.calls
    );
}

#[tokio::test]
async fn fault_affects_one_test_and_matching_calls() {
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
async fn shifted_clock_affects_one_test() {
    let (ahead, beside) = (App::shared(), App::shared());
    ahead.shift_clock(86_400).await;
    let (ada, bob) = (ahead.user("ada").await, beside.user("bob").await);
    let (tomorrow, today) = tokio::join!(ada.login(), bob.login());
    let day = |response: &Response| {
        response.json()["user"]["last_login"].as_str().unwrap()[..10].to_owned()
    };
    assert!(
        day(&tomorrow) > day(&today),
        "{} {}",
        day(&tomorrow),
        day(&today)
    );
}

#[tokio::test]
async fn stale_reads_return_the_past_and_kv_entries_expire_by_the_shifted_clock() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let stale = app.fault(Fault::kv_reads().reads_stale(60)).await;
    // Sixty seconds ago nothing was cached, so D1 is read.
    let recorded = session.validate().await.recorded().await;
    assert!(recorded.d1() > 0);
    assert_eq!(stale.hits().await, 1);
    app.shift_clock(61).await;
    let recorded = session.validate().await.recorded().await;
    assert_eq!((recorded.d1(), recorded.kv_reads()), (0, 1));
    stale.remove().await;

    app.kv_put("forever", "1").await;
    app.shift_clock(40 * 86_400).await;
    session.validate().await.assert_status(401);
    assert_eq!(app.kv_get("forever").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn paused_write_waits_and_then_proceeds() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let paused = app.fault(Fault::kv_writes().pauses()).await;
    let request = ada.login();
    let name = request.name();
    let sign_in = tokio::spawn(request.send());
    paused.wait_for_hits(1).await;
    let so_far = app.recorded_so_far(&name).await;
    let key = so_far.calls.last().unwrap().key.clone();
    assert_eq!(app.kv_get(&key).await, None);
    paused.release().await;
    sign_in.await.unwrap().assert_status(200).recorded().await;
    assert!(app.kv_get(&key).await.is_some());
}

#[tokio::test]
async fn write_with_a_lost_response_has_taken_effect() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.fault(
        Fault::d1()
            .matching("insert into sessions")
            .loses_response(),
    )
    .await;
    ada.login().await.assert_status(503);
    assert_eq!(
        app.sql("SELECT id FROM sessions WHERE user_id = ?1", [ada.id])
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn delay_slows_a_store_down() {
    let app = App::shared();
    app.fault(Fault::d1().delays(300)).await;
    let start = Instant::now();
    no_link(&app).await.assert_status(400);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn cron_events_are_recorded_and_affected_by_faults() {
    let app = App::shared();
    let (outcome, recorded) = app.scheduled("0 * * * *").await;
    assert_eq!(outcome, "ok");
    assert!(
        recorded
            .statements()
            .iter()
            .any(|sql| sql.contains("DELETE FROM sessions")),
        "{:?}",
        recorded.calls
    );
    let fault = app.fault(Fault::d1().fails()).await;
    let (_, recorded) = app.scheduled("0 * * * *").await;
    assert!(fault.hits().await > 0);
    assert!(!recorded.logs.is_empty());
}

#[tokio::test]
async fn stores_survive_a_restart() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    app.kv_put("key", "O'Brien").await;
    app.server().kill();
    assert!(app.anonymous().health().try_send().await.is_err());
    app.server().restart();
    session.validate().await.assert_status(200);
    assert_eq!(app.kv_get("key").await.as_deref(), Some("O'Brien"));
    app.kv_delete("key").await;
    assert_eq!(app.kv_list("key").await, [""; 0]);
    app.shift_server_clock(86_400 + 60).await;
    session.validate().await.assert_status(401);
}

#[tokio::test]
async fn raw_bytes_are_sent_unchanged() {
    let app = App::shared();
    let name = app.next_request();
    let request = format!(
        "GET /api/auth/%68ealth HTTP/1.1\r\nhost: x\r\nx-test-request: {name}\r\nconnection: close\r\n\r\n"
    );
    let response = app.send_raw(request.as_bytes()).await;
    assert!(
        response.starts_with(b"HTTP/1.1 404 "),
        "{}",
        String::from_utf8_lossy(&response)
    );
    assert!(app.recorded(&name).await.calls.is_empty());
}

#[tokio::test]
async fn sql_accepts_and_returns_every_type() {
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
    eventually("D1 returns the result of a second statement", async || {
        app.run_sql("SELECT 1").await.len() == 1
    })
    .await;
}
