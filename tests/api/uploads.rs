//! Uploads whose client disconnects or stalls, or that exceed what the isolate buffers.

use crate::support::{App, Fault, Vars, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The routes that read a body without a token, with their response to an invalid one.
const ROUTES: [(&str, &str); 5] = [
    ("/api/auth/token", "Failed to create token from device code"),
    ("/api/auth/login", "Username and password are required"),
    ("/api/auth/aws-login", "AWS credentials not provided"),
    ("/api/auth/set-password", "Invalid request body"),
    (
        "/api/auth/device-authorization",
        "Failed to start device authorization",
    ),
];

/// The longest body that any route reads.
const BODY: usize = 16 * 1024;

/// How a client disconnects.
#[derive(Clone, Copy, Debug)]
enum End {
    /// RST: the process was killed, or a NAT forgot the connection.
    Reset,
    /// FIN: the tab was closed.
    Close,
}

/// What the isolate has done and holds.
#[derive(Debug)]
struct Load {
    requests: u64,
    wasm_bytes: u64,
}

async fn load(app: &App) -> Load {
    let load = app.control("load", json!({})).await;
    let number = |name: &str| load[name].as_u64().expect("a number");
    Load {
        requests: number("requests"),
        wasm_bytes: number("wasm_bytes"),
    }
}

/// The head of an upload of [`BODY`] bytes.
fn head(path: &str, from: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncf-connecting-ip: {from}\r\ncontent-type: application/json\r\n\
         content-length: {BODY}\r\n{more}\r\n"
    )
}

/// Sends these bytes over a connection of their own and leaves it open.
async fn send(app: &App, bytes: &[u8]) -> TcpStream {
    let origin = app.server().door().origin;
    let stream = TcpStream::connect(origin.trim_start_matches("http://")).await;
    let mut stream = stream.expect("a connection");
    stream.write_all(bytes).await.expect("a request");
    stream
}

/// Sends a request and disconnects after a while, without having read anything.
async fn abandon(app: &App, bytes: &[u8], after: Duration, end: End) {
    let stream = send(app, bytes).await;
    tokio::time::sleep(after).await;
    match end {
        End::Reset => stream.set_zero_linger().expect("an open connection"),
        End::Close => {}
    }
}

/// Sends and abandons requests with numbers from `first` on, 100 at a time, until the Worker has begun so many: on a busy
/// machine it does not see all of them before their client has gone.
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
        assert!(number < first + 5 * count, "{missing} of {count} not begun");
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

/// All but the last bytes of a body, to each route in turn, from a site (an IPv6 /48) that is used once.
fn unfinished(app: &App, number: usize) -> Vec<u8> {
    let (path, _) = ROUTES[number % ROUTES.len()];
    let from = app.elsewhere(number);
    let body = "x".repeat(BODY - 384);
    format!("{}{body}", head(path, &from, "")).into_bytes()
}

/// Signs a user in repeatedly while the other future runs; returns the statuses.
async fn signing_in<T>(app: &App, work: impl Future<Output = T>) -> (Vec<u16>, T) {
    let ada = app.password_user("ada").await;
    let mut statuses = Vec::new();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return (statuses, outcome),
            () = tokio::time::sleep(Duration::from_millis(250)) => {
                statuses.push(app.login(&ada).await.status);
            }
        }
    }
}

async fn abandoned_uploads_keep_memory_flat(end: End) {
    const WHILE: Duration = Duration::from_millis(100);
    let app = App::alone(Vars::new());
    // Of another client, whose hash takes its memory before anything is measured.
    let client = app.beside();
    client.sign_in(&client.password_user("kim").await).await;
    abandon_many(&app, 0, 100, WHILE, end, |number| unfinished(&app, number)).await;
    let few = load(&app).await;
    let flood = abandon_many(&app, 1_000, 6_000, WHILE, end, |number| {
        unfinished(&app, number)
    });
    let start = Instant::now();
    let (statuses, ()) = signing_in(&client, flood).await;
    let many = load(&app).await;
    println!(
        "{end:?}: {few:?}, then {many:?} after {:?}; sign-ins {statuses:?}",
        start.elapsed()
    );
    assert!(many.requests >= few.requests + 6_000);
    let more = many.wasm_bytes - few.wasm_bytes;
    assert!(more <= 2 * 1024 * 1024, "{more} bytes more");
    assert!(statuses.len() > 3, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_uploads_that_are_reset_keep_memory_flat() {
    abandoned_uploads_keep_memory_flat(End::Reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_uploads_that_are_closed_keep_memory_flat() {
    abandoned_uploads_keep_memory_flat(End::Close).await;
}

/// What waits for a store holds its URL, its token and what it has read of the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_abandoned_while_they_wait_for_a_store_keep_memory_flat() {
    const DELAY_MS: u32 = 300;
    let app = App::alone(Vars::new());
    app.fault(Fault::d1().delays(DELAY_MS)).await;
    let request = |number: usize| {
        let from = app.elsewhere(number);
        let name = app.next_request();
        let named = format!("x-test-request: {name}\r\n");
        if number.is_multiple_of(2) {
            // Its link is looked up in D1.
            let body = json!({ "token": "x".repeat(BODY - 100), "password": "x" }).to_string();
            let body = format!("{body:BODY$}");
            format!("{}{body}", head("/api/auth/set-password", &from, &named)).into_bytes()
        } else {
            let token = "x".repeat(BODY / 2);
            format!(
                "GET /api/auth/health HTTP/1.1\r\nhost: x\r\ncf-connecting-ip: {from}\r\n\
                 authorization: Bearer {token}\r\n{named}\r\n"
            )
            .into_bytes()
        }
    };
    let after = Duration::from_millis(u64::from(DELAY_MS) / 2);
    // As many at the same time as later.
    abandon_many(&app, 0, 500, after, End::Reset, request).await;
    let few = load(&app).await;
    abandon_many(&app, 3_000, 1_500, after, End::Reset, request).await;
    let many = load(&app).await;
    println!("{few:?}, then {many:?}");
    let more = many.wasm_bytes - few.wasm_bytes;
    assert!(more <= 2 * 1024 * 1024, "{more} bytes more");
}

/// Status, headers in lower case and body.
fn parse(reply: &[u8]) -> (u16, String, Value) {
    let text = String::from_utf8_lossy(reply);
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    // Miniflare sends bodies of unknown length in chunks.
    let start = body.find('{').unwrap_or(0);
    let end = body.rfind('}').map_or(start, |end| end + 1);
    let json = serde_json::from_str(&body[start..end]).unwrap_or(Value::Null);
    (status.expect("a status"), head.to_lowercase(), json)
}

async fn reply(stream: &mut TcpStream, within: Duration) -> (u16, String, Value) {
    let mut reply = vec![0; 4_096];
    let read = tokio::time::timeout(within, stream.read(&mut reply)).await;
    let length = read.expect("a reply in time").expect("a reply");
    parse(&reply[..length])
}

#[tokio::test]
async fn body_that_stalls_is_400_after_ten_seconds_with_the_text_of_the_route() {
    let app = App::shared();
    let mut stalled = JoinSet::new();
    for (number, (path, text)) in ROUTES.into_iter().enumerate() {
        let app = app.clone();
        stalled.spawn(async move {
            let request = format!("{}{{", head(path, &app.elsewhere(number), ""));
            let start = Instant::now();
            let mut stream = send(&app, request.as_bytes()).await;
            // A byte every four seconds does not extend the time.
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(4)).await;
                stream.write_all(b" ").await.expect("an open connection");
            }
            let (status, _, body) = reply(&mut stream, Duration::from_secs(7)).await;
            let took = start.elapsed();
            let said = body["message"].as_str().or(body["detail"].as_str());
            assert_eq!((status, said), (400, Some(text)), "{path}");
            let seconds = took.as_secs_f64();
            assert!((9.5..13.0).contains(&seconds), "{path}: {took:?}");
        });
    }
    while let Some(outcome) = stalled.join_next().await {
        outcome.expect("a reply");
    }
}

/// Uploads that stall, so many from one site.
async fn stall(app: &App, from: &str, count: usize) -> Vec<TcpStream> {
    let request = format!("{}{{", head("/api/auth/token", from, ""));
    let before = load(app).await.requests;
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(send(app, request.as_bytes()).await);
    }
    eventually("the Worker has begun them all", async || {
        load(app).await.requests >= before + count as u64
    })
    .await;
    streams
}

#[tokio::test]
async fn uploads_beyond_the_share_of_a_site_are_503_and_others_are_served() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let site = |number: usize| format!("2001:db8:1:{number:x}::1");
    let mut held = Vec::new();
    for network in 0..4 {
        held.extend(stall(&app, &site(network), 16).await);
    }
    let request = head("/api/auth/login", &site(9), "");
    let mut beyond = send(&app, request.as_bytes()).await;
    let (status, headers, body) = reply(&mut beyond, Duration::from_secs(5)).await;
    assert_eq!(
        (status, &body["success"]),
        (503, &json!(false)),
        "{headers}"
    );
    assert_eq!(body["message"], "Service temporarily unavailable");
    assert!(headers.contains("retry-after: "), "{headers}");
    // A short one of the same site neither.
    let short = app.post("/api/auth/login").json(&ada.login());
    short.clone().from(&site(5)).send().await.assert_status(503);
    short.clone().send().await.assert_status(200);
    // All that go free what they held.
    drop(held);
    let served = async || short.clone().from(&site(5)).send().await.status == 200;
    eventually("the site is served again", served).await;
}

#[tokio::test]
async fn stalled_uploads_of_many_sites_keep_no_other_client_out() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let mut held = Vec::new();
    for number in 0..8 {
        held.push(stall(&app, &app.elsewhere(number), 64).await);
    }
    let login = app.post("/api/auth/login").json(&ada.login());
    for _ in 0..3 {
        login.clone().send().await.assert_status(200);
    }
    // The oldest uploads have made room.
    let (status, headers, _) = reply(&mut held[0][0], Duration::from_secs(5)).await;
    assert_eq!(status, 503, "{headers}");
    assert!(headers.contains("retry-after: "), "{headers}");
}
