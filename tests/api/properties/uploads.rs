//! Uploads that stall, or that exceed what the isolate buffers.

use crate::support::{App, Vars, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The routes that read a body without a token, with their response to an invalid one.
pub const ROUTES: [(&str, &str); 5] = [
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
pub const BODY: usize = 16 * 1024;

/// The number of requests that the isolate has begun, and the size of its WebAssembly memory.
#[derive(Debug)]
pub struct Load {
    pub requests: u64,
    pub wasm_bytes: u64,
}

pub async fn load(app: &App) -> Load {
    let load = app.control("load", json!({})).await;
    let number = |name: &str| load[name].as_u64().expect("a number");
    Load {
        requests: number("requests"),
        wasm_bytes: number("wasm_bytes"),
    }
}

/// The head of an upload of [`BODY`] bytes.
pub fn head(path: &str, ip: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncf-connecting-ip: {ip}\r\ncontent-type: application/json\r\n\
         content-length: {BODY}\r\n{more}\r\n"
    )
}

/// Sends these bytes over a connection of their own, which stays open.
pub async fn send(app: &App, bytes: &[u8]) -> TcpStream {
    let origin = app.server().origin();
    let stream = TcpStream::connect(origin.trim_start_matches("http://")).await;
    let mut stream = stream.expect("a connection");
    stream.write_all(bytes).await.expect("a request");
    stream
}

/// Status, headers in lower case and body.
fn parse(response: &[u8]) -> (u16, String, Value) {
    let text = String::from_utf8_lossy(response);
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    // Miniflare sends bodies of unknown length in chunks.
    let start = body.find('{').unwrap_or(0);
    let end = body.rfind('}').map_or(start, |end| end + 1);
    let json = serde_json::from_str(&body[start..end]).unwrap_or(Value::Null);
    (status.expect("a status"), head.to_lowercase(), json)
}

async fn read_response(stream: &mut TcpStream, within: Duration) -> (u16, String, Value) {
    let mut response = vec![0; 4_096];
    let read = tokio::time::timeout(within, stream.read(&mut response)).await;
    let length = read.expect("a response in time").expect("a response");
    parse(&response[..length])
}

/// This many stalled uploads from one address.
async fn stall(app: &App, ip: &str, count: usize) -> Vec<TcpStream> {
    let request = format!("{}{{", head("/api/auth/token", ip, ""));
    let before = load(app).await.requests;
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(send(app, request.as_bytes()).await);
    }
    eventually("the Worker has begun all uploads", async || {
        load(app).await.requests >= before + count as u64
    })
    .await;
    streams
}

#[tokio::test]
#[ignore = "slow"]
async fn stalled_body_returns_the_400_of_its_route_after_ten_seconds() {
    let app = App::shared();
    let mut stalled = JoinSet::new();
    for (number, (path, text)) in ROUTES.into_iter().enumerate() {
        let app = app.clone();
        stalled.spawn(async move {
            let request = format!("{}{{", head(path, &app.other_ip(number), ""));
            let start = Instant::now();
            let mut stream = send(&app, request.as_bytes()).await;
            // A byte every four seconds does not extend the time.
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(4)).await;
                stream.write_all(b" ").await.expect("an open connection");
            }
            let (status, _, body) = read_response(&mut stream, Duration::from_secs(7)).await;
            let took = start.elapsed();
            let message = body["message"].as_str().or(body["detail"].as_str());
            assert_eq!((status, message), (400, Some(text)), "{path}");
            let seconds = took.as_secs_f64();
            assert!((9.5..13.0).contains(&seconds), "{path}: {took:?}");
        });
    }
    stalled.join_all().await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn uploads_beyond_the_share_of_a_site_return_503() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let site = |number: usize| format!("2001:db8:1:{number:x}::1");
    let mut held = Vec::new();
    for network in 0..4 {
        held.extend(stall(&app, &site(network), 16).await);
    }
    let request = head("/api/auth/login", &site(9), "");
    let mut beyond = send(&app, request.as_bytes()).await;
    let (status, headers, body) = read_response(&mut beyond, Duration::from_secs(5)).await;
    assert_eq!(
        (status, &body["success"]),
        (503, &json!(false)),
        "{headers}"
    );
    assert_eq!(body["message"], "Service temporarily unavailable");
    assert!(headers.contains("retry-after: "), "{headers}");
    // A short upload from such a site is refused too.
    let short = ada.login();
    let refused = short.clone().client_ip(&site(5)).send().await;
    refused.assert_status(503);
    short.clone().await.assert_status(200);
    // Uploads that end free their memory.
    drop(held);
    let is_served = async || short.clone().client_ip(&site(5)).send().await.status == 200;
    eventually("the site is served again", is_served).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn stalled_uploads_of_many_sites_do_not_block_other_clients() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let mut held = Vec::new();
    for number in 0..8 {
        held.push(stall(&app, &app.other_ip(number), 64).await);
    }
    let login = ada.login();
    for _ in 0..3 {
        login.clone().await.assert_status(200);
    }
    // The oldest uploads were ended to free memory.
    let (status, headers, _) = read_response(&mut held[0][0], Duration::from_secs(5)).await;
    assert_eq!(status, 503, "{headers}");
    assert!(headers.contains("retry-after: "), "{headers}");
}
