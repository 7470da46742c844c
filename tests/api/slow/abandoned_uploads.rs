//! Uploads whose client disconnects: the memory of the isolate does not grow.

use crate::properties::uploads::{BODY, ROUTES, head, load, send};
use crate::support::{App, Fault, Vars};
use serde_json::json;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

/// The way in which a client disconnects.
#[derive(Clone, Copy, Debug)]
enum End {
    /// RST: the process was killed, or a NAT forgot the connection.
    Reset,
    /// FIN: the tab was closed.
    Close,
}

/// Sends a request, waits, and disconnects without reading the response.
async fn abandon(app: &App, bytes: &[u8], after: Duration, end: End) {
    let stream = send(app, bytes).await;
    tokio::time::sleep(after).await;
    match end {
        End::Reset => stream.set_zero_linger().expect("an open connection"),
        End::Close => {}
    }
}

/// Sends and abandons requests with numbers from `first` on, 100 at a time, until the Worker has begun `count` of them.
/// On a loaded machine the Worker does not see all of them before their client has disconnected.
async fn abandon_many(
    app: &App,
    first: usize,
    count: usize,
    after: Duration,
    end: End,
    request: impl Fn(usize) -> Vec<u8>,
) {
    let target = load(app).await.requests + count as u64;
    let mut number = first;
    loop {
        let missing = target.saturating_sub(load(app).await.requests);
        if missing == 0 {
            return;
        }
        assert!(
            number < first + 5 * count,
            "{missing} of {count} were not begun"
        );
        let mut flood = JoinSet::new();
        for _ in 0..missing {
            if flood.len() >= 100 {
                flood.join_next().await.expect("one of many").expect("sent");
            }
            let (app, bytes) = (app.clone(), request(number));
            flood.spawn(async move { abandon(&app, &bytes, after, end).await });
            number += 1;
        }
        flood.join_all().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// All but the last bytes of a body, to each route in turn. Each site (an IPv6 /48) is used once.
fn unfinished(app: &App, number: usize) -> Vec<u8> {
    let (path, _) = ROUTES[number % ROUTES.len()];
    let ip = app.other_ip(number);
    let body = "x".repeat(BODY - 384);
    format!("{}{body}", head(path, &ip, "")).into_bytes()
}

/// Signs a user in repeatedly while the other future runs; returns the statuses.
async fn signing_in<T>(app: &App, work: impl Future<Output = T>) -> (Vec<u16>, T) {
    let ada = app.user("ada").await;
    let mut statuses = Vec::new();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return (statuses, outcome),
            () = tokio::time::sleep(Duration::from_millis(250)) => {
                statuses.push(ada.login().await.status);
            }
        }
    }
}

async fn assert_memory_is_constant(end: End) {
    const WHILE: Duration = Duration::from_millis(100);
    let app = App::isolated(Vars::new());
    // The hash of another client takes its memory before the measurement.
    let client = app.another_view();
    client.user("kim").await.sign_in().await;
    abandon_many(&app, 0, 100, WHILE, end, |number| unfinished(&app, number)).await;
    let few = load(&app).await;
    let flood = abandon_many(&app, 1_000, 6_000, WHILE, end, |number| {
        unfinished(&app, number)
    });
    let (statuses, ()) = signing_in(&client, flood).await;
    let many = load(&app).await;
    assert!(many.requests >= few.requests + 6_000);
    let more = many.wasm_bytes - few.wasm_bytes;
    assert!(more <= 2 * 1024 * 1024, "{more} bytes more");
    assert!(statuses.len() > 3, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: thousands of uploads"]
async fn reset_uploads_keep_memory_constant() {
    assert_memory_is_constant(End::Reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: thousands of uploads"]
async fn closed_uploads_keep_memory_constant() {
    assert_memory_is_constant(End::Close).await;
}

/// A request that waits for a store holds its URL, its token and its body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: thousands of uploads"]
async fn requests_abandoned_while_waiting_for_a_store_keep_memory_constant() {
    const DELAY_MS: u32 = 300;
    let app = App::isolated(Vars::new());
    app.fault(Fault::d1().delays(DELAY_MS)).await;
    let request = |number: usize| {
        let ip = app.other_ip(number);
        let name = app.next_request();
        let named = format!("x-test-request: {name}\r\n");
        if number.is_multiple_of(2) {
            // The request looks up its one-time link in D1.
            let body = json!({ "token": "x".repeat(BODY - 100), "password": "x" }).to_string();
            let body = format!("{body:BODY$}");
            format!("{}{body}", head("/api/auth/set-password", &ip, &named)).into_bytes()
        } else {
            let token = "x".repeat(BODY / 2);
            format!(
                "GET /api/auth/health HTTP/1.1\r\nhost: x\r\ncf-connecting-ip: {ip}\r\n\
                 authorization: Bearer {token}\r\n{named}\r\n"
            )
            .into_bytes()
        }
    };
    let after = Duration::from_millis(u64::from(DELAY_MS) / 2);
    // The number of concurrent requests is the same as in the later measurement.
    abandon_many(&app, 0, 500, after, End::Reset, request).await;
    let few = load(&app).await;
    abandon_many(&app, 3_000, 1_500, after, End::Reset, request).await;
    let many = load(&app).await;
    let more = many.wasm_bytes - few.wasm_bytes;
    assert!(more <= 2 * 1024 * 1024, "{more} bytes more");
}
