//! The rate limits per client site and per session. wrangler.toml has the figures.

use crate::sessions::signed_in;
use crate::support::{App, Vars};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;

/// More requests than are admitted in two minutes of routes that do not sign in: 300 without calling the binding, and 1,200. The
/// minute may change meanwhile.
const TWO_MINUTES: usize = 2 * 1_500 + 1;

/// Sends them one after the other, since the last counts; gives how many got each status.
async fn statuses(
    times: usize,
    send: impl AsyncFn() -> crate::support::Reply,
) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    for _ in 0..times {
        let reply = send().await;
        if reply.status == 429 {
            assert_eq!(reply.header("retry-after"), Some("60"));
        }
        *statuses.entry(reply.status).or_default() += 1;
    }
    statuses
}

#[tokio::test]
async fn a_network_begins_a_hundred_and_ten_sign_ins_a_minute() {
    let app = App::shared();
    let (busy, calm) = (app.elsewhere(1), app.elsewhere(2));
    // They are counted together.
    let last = Cell::new(0);
    let begin = async || {
        let routes = ["login", "set-password", "device-authorization"];
        let path = format!("/api/auth/{}", routes[last.replace(last.get() + 1) % 3]);
        let request = app.post(&path).from(&busy).json(&json!({ "x": 1 }));
        request.send().await
    };
    // Ten unasked and a hundred, twice, and one: the minute may change meanwhile.
    let statuses = statuses(221, begin).await;
    let limited = statuses.get(&429).copied().unwrap_or(0);
    assert!((1..=111).contains(&limited), "{statuses:?}");
    assert_eq!(
        statuses.get(&400).copied().unwrap_or(0) + limited,
        221,
        "{statuses:?}"
    );
    for (status, path) in [(400, "login"), (400, "token")] {
        let path = format!("/api/auth/{path}");
        app.post(&path)
            .from(&calm)
            .json(&json!({ "x": 1 }))
            .send()
            .await
            .assert_status(status);
    }
    // Another group.
    app.get("/api/auth/me")
        .from(&busy)
        .send()
        .await
        .assert_status(401);
}

/// What an isolate admits without calling the binding differs between the buckets.
#[tokio::test]
async fn binding_is_called_for_each_request_beyond_the_free_ones() {
    let app = App::shared();
    let busy = app.elsewhere(1);
    let mut calls = Vec::new();
    for _ in 0..25 {
        let request = app.post("/api/auth/login").from(&busy);
        let reply = request.json(&json!({ "x": 1 })).send().await;
        calls.push(reply.assert_status(400).seen().await.limits.len());
    }
    // Ten per minute are free; the minute may change meanwhile.
    let free = calls.iter().filter(|calls| **calls == 0).count();
    assert!((10..=20).contains(&free), "{calls:?}");
    assert_eq!(calls.iter().sum::<usize>(), 25 - free, "{calls:?}");
    assert!(calls[..10].iter().all(|calls| *calls == 0), "{calls:?}");
}

#[tokio::test]
async fn a_session_is_counted_by_itself_and_its_network_is_not() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let (busy, calm) = (signed_in(&app, &ada).await, signed_in(&app, &bob).await);
    let ask = async || app.get("/api/auth/me").bearer(&busy).send().await;
    let statuses = statuses(TWO_MINUTES, ask).await;
    let limited = statuses.get(&429).copied().unwrap_or(0);
    assert!((1..=TWO_MINUTES / 2 + 1).contains(&limited), "{statuses:?}");
    assert_eq!(
        statuses.get(&200).copied().unwrap_or(0) + limited,
        TWO_MINUTES,
        "{statuses:?}"
    );
    app.get("/api/auth/me")
        .bearer(&calm)
        .send()
        .await
        .assert_status(200);
    app.get("/api/auth/me")
        .bearer("not.a.token")
        .send()
        .await
        .assert_status(401);
}

/// A client with a whole /48 has 65,536 of the /64s for which back-off is counted.
#[tokio::test]
async fn site_is_limited_on_every_route_that_works_without_a_session() {
    for (method, path, expected) in [
        ("GET", "/api/auth/health", 200),
        ("GET", "/api/auth/openapi.json", 200),
        ("POST", "/api/auth/token", 400),
        ("GET", "/api/auth/me", 401),
        ("POST", "/api/auth/logout", 200),
    ] {
        let app = App::shared();
        let site = app.elsewhere(1);
        let site = site.strip_suffix("::1").expect("an address of ours");
        let last = Cell::new(0);
        let ask = async || {
            let number = last.replace(last.get() + 1);
            let request = app.request(method, path);
            request.from(&format!("{site}:{number:x}::1")).send().await
        };
        let statuses = statuses(TWO_MINUTES, ask).await;
        let limited = statuses.get(&429).copied().unwrap_or(0);
        let most = TWO_MINUTES / 2 + 1;
        assert!((1..=most).contains(&limited), "{path}: {statuses:?}");
        let others = statuses.get(&expected).copied().unwrap_or(0);
        assert_eq!(others + limited, TWO_MINUTES, "{path}: {statuses:?}");
        // A different site is a different client.
        let calm = app.request(method, path).from(&app.elsewhere(2));
        calm.send().await.assert_status(expected);
    }
}

#[tokio::test]
async fn missing_binding_is_logged_once() {
    let app = App::alone(Vars::new().set("TEST_WITHOUT_LIMITS", "1"));
    for _ in 0..3 {
        app.get("/api/auth/health").send().await.assert_status(200);
    }
    let logs = app.server().logs();
    for binding in ["SIGN_IN_LIMIT", "SESSION_LIMIT"] {
        let line = format!(r#"{{"event":"no_rate_limit","binding":"{binding}"}}"#);
        let times = logs.iter().filter(|(_, text)| *text == line).count();
        assert_eq!(times, 1, "{logs:?}");
    }
    // If they are bound, nothing is logged.
    let app = App::alone(Vars::new());
    app.get("/api/auth/health").send().await.assert_status(200);
    let logs = app.server().logs();
    assert!(
        !logs.iter().any(|(_, text)| text.contains("no_rate_limit")),
        "{logs:?}"
    );
}
