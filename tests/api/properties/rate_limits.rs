//! Rate limits: requests per minute of a client site without a session, and of a session. The limits are those of
//! wrangler.toml. Requests that are admitted without calling the binding are counted per minute of the isolate's clock, which
//! other tests shift, so each of these tests has its own server.

use crate::support::{App, Response, Vars};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Sends this many requests one after the other; returns the number of responses of each status.
pub async fn statuses(times: usize, send: impl AsyncFn() -> Response) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    for _ in 0..times {
        let response = send().await;
        if response.status == 429 {
            assert_eq!(response.retry_after(), Some(60));
        }
        *statuses.entry(response.status).or_default() += 1;
    }
    statuses
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sign_ins_of_a_network_are_limited_per_minute() {
    let app = App::isolated(Vars::new());
    let (busy, calm) = (app.other_ip(1), app.other_ip(2));
    // The routes are counted together.
    let last = Cell::new(0);
    let begin = async || {
        let routes = ["login", "set-password", "device-authorization"];
        let path = format!("/api/auth/{}", routes[last.replace(last.get() + 1) % 3]);
        let request = app.post(&path).client_ip(&busy).json(&json!({ "x": 1 }));
        request.await
    };
    // 10 without the binding and 100 with it, in each of two minutes, and one more.
    let statuses = statuses(221, begin).await;
    let limited = statuses.get(&429).copied().unwrap_or(0);
    assert!((1..=111).contains(&limited), "{statuses:?}");
    assert_eq!(
        statuses.get(&400).copied().unwrap_or(0) + limited,
        221,
        "{statuses:?}"
    );
    for path in ["/api/auth/login", "/api/auth/token"] {
        let request = app.post(path).client_ip(&calm).json(&json!({ "x": 1 }));
        request.await.assert_status(400);
    }
    // This route has another limit.
    app.anonymous()
        .me()
        .client_ip(&busy)
        .await
        .assert_status(401);
}

/// The number of requests that an isolate admits without calling the binding differs between the buckets.
#[tokio::test]
async fn binding_is_called_for_each_request_beyond_the_free_ones() {
    let app = App::isolated(Vars::new());
    let busy = app.other_ip(1);
    let mut calls = Vec::new();
    for _ in 0..25 {
        let request = app.post("/api/auth/login").client_ip(&busy);
        let response = request.json(&json!({ "x": 1 })).await;
        response.assert_status(400);
        calls.push(response.recorded().await.rate_limit_keys.len());
    }
    // Ten requests per minute are admitted without the binding; a new minute may start meanwhile.
    let free = calls.iter().filter(|calls| **calls == 0).count();
    assert!((10..=20).contains(&free), "{calls:?}");
    assert_eq!(calls.iter().sum::<usize>(), 25 - free, "{calls:?}");
    assert!(calls[..10].iter().all(|calls| *calls == 0), "{calls:?}");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn missing_binding_is_logged_once() {
    let app = App::isolated(Vars::new().set("TEST_WITHOUT_LIMITS", "1"));
    for _ in 0..3 {
        app.anonymous().health().await.assert_status(200);
    }
    let logs = app.server().logs();
    for binding in ["SIGN_IN_LIMIT", "SESSION_LIMIT"] {
        let line = format!(r#"{{"event":"no_rate_limit","binding":"{binding}"}}"#);
        let times = logs.iter().filter(|(_, text)| *text == line).count();
        assert_eq!(times, 1, "{logs:?}");
    }
    // If they are bound, nothing is logged.
    let app = App::isolated(Vars::new());
    app.anonymous().health().await.assert_status(200);
    let logs = app.server().logs();
    assert!(
        !logs.iter().any(|(_, text)| text.contains("no_rate_limit")),
        "{logs:?}"
    );
}
