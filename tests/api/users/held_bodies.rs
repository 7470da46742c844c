//! Requests of administrators whose body is held back until the session has ended.

use crate::support::{App, Caller, Fault, Vars, registration};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A request that has sent everything but the last byte of its body.
struct Held {
    stream: TcpStream,
    last: u8,
}

impl Held {
    /// Begins a request. Returns once the session or the access token of the caller was accepted.
    async fn begin(admin: &Caller, route: &str, media_type: &str, body: &str) -> Self {
        let app = admin.app();
        let pattern = "FROM sessions|revoked_access_tokens";
        let fault = Fault::d1().matching(pattern).times(1).pauses();
        let authenticates = app.fault(fault).await;
        let head = format!(
            "{route} HTTP/1.1\r\nhost: x\r\nx-test-request: {}\r\nauthorization: Bearer {}\r\nif-match: *\r\ncontent-type: {media_type}\r\n\
             content-length: {}\r\n\r\n",
            app.next_request(),
            admin.token(),
            body.len()
        );
        let (last, start) = body.as_bytes().split_last().expect("a body");
        let origin = app.server().origin();
        let stream = TcpStream::connect(origin.trim_start_matches("http://")).await;
        let mut stream = stream.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("a head");
        stream.write_all(start).await.expect("a body");
        authenticates.wait_for_hits(1).await;
        authenticates.release().await;
        sleep(Duration::from_millis(500)).await;
        Self {
            stream,
            last: *last,
        }
    }

    /// Sends the last byte. Returns the beginning of the response.
    async fn end(mut self) -> String {
        self.stream.write_all(&[self.last]).await.expect("a byte");
        let mut response = vec![0; 4_096];
        let read = timeout(Duration::from_secs(10), self.stream.read(&mut response)).await;
        let length = read.expect("a response in time").expect("a response");
        String::from_utf8_lossy(&response[..length]).to_lowercase()
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn body_that_is_held_back_until_the_sessions_are_revoked_has_no_effect() {
    let app = App::isolated(Vars::new());
    let (root, ada) = (app.super_admin("root").await, app.user("ada").await);
    let json = "application/json";
    let client = app.seed_oauth_client("App").await;
    let requests: [(String, &str, Value); 6] = [
        (
            "POST /api/auth/users".to_owned(),
            json,
            json!({ "username": "mallory", "email": "mallory@example.com", "role": "super_admin" }),
        ),
        (
            format!("PATCH /api/auth/users/{}", ada.id),
            json,
            json!({ "role": "super_admin" }),
        ),
        (
            "POST /api/auth/users/import".to_owned(),
            "application/x-ndjson",
            json!({ "username": "trudy", "email": "trudy@example.com", "role": "super_admin" }),
        ),
        (
            "POST /api/auth/users/export".to_owned(),
            json,
            json!({ "limit": 7 }),
        ),
        (
            "POST /api/auth/clients".to_owned(),
            json,
            registration("Mallory"),
        ),
        (
            format!("PATCH /api/auth/clients/{client}"),
            json,
            json!({ "redirect_uris": ["https://evil.example/"] }),
        ),
    ];
    for (route, media_type, body) in requests {
        let session = root.sign_in().await;
        let held = Held::begin(&session, &route, media_type, &body.to_string()).await;
        session.logout_all().await.assert_status(200);
        let response = held.end().await;
        assert!(response.starts_with("http/1.1 401 "), "{route}: {response}");
        assert!(
            response.contains("edge-auth-error: invalid_token"),
            "{route}"
        );
        app.remove_faults().await;
    }
    let sql = "SELECT count(*) AS n FROM users WHERE role = 'super_admin'";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
    let sql = "SELECT count(*) AS n FROM oauth_clients WHERE version = 1 AND name = 'App'";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
    let sql = "SELECT count(*) AS n FROM oauth_clients";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
}

/// A refresh or a step-up in another tab rotates the cookie. The earlier one does not count as stepped up any more.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn body_that_is_held_back_until_the_token_is_rotated_has_no_effect() {
    let app = App::isolated(Vars::new());
    let session = app.super_admin("root").await.sign_in().await;
    let body = json!({ "username": "mallory", "email": "mallory@example.com" }).to_string();
    let held = Held::begin(&session, "POST /api/auth/users", "application/json", &body).await;
    session.refresh().await.assert_status(200);
    let response = held.end().await;
    assert!(response.starts_with("http/1.1 401 "), "{response}");
}

#[tokio::test]
async fn body_that_is_held_back_until_the_access_token_is_revoked_has_no_effect() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let service = app.service("client_secret_basic", "users:read users:write");
    let (service, json) = (service.await, "application/json");
    let requests: [(String, &str, Value); 4] = [
        (
            "POST /api/auth/users".to_owned(),
            json,
            json!({ "username": "mallory", "email": "mallory@example.com" }),
        ),
        (
            format!("PATCH /api/auth/users/{}", ada.id),
            json,
            json!({ "name": "Mallory" }),
        ),
        (
            "POST /api/auth/users/import".to_owned(),
            "application/x-ndjson",
            json!({ "username": "trudy", "email": "trudy@example.com" }),
        ),
        (
            "POST /api/auth/users/export".to_owned(),
            json,
            json!({ "limit": 7 }),
        ),
    ];
    for (route, media_type, body) in requests {
        let caller = service.administrator().await;
        let held = Held::begin(&caller, &route, media_type, &body.to_string()).await;
        let form = [("token", caller.token())];
        let revoked = service.post("/oauth/revoke", &form).await;
        revoked.assert_status(200);
        let response = held.end().await;
        assert!(response.starts_with("http/1.1 401 "), "{route}: {response}");
        app.remove_faults().await;
    }
    let sql = "SELECT count(*) AS n FROM users";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
    assert_eq!(ada.row("version").await["version"], 1);
    let sql = "SELECT count(*) AS n FROM audit WHERE kind = 'users_exported'";
    assert_eq!(app.count(sql, [0; 0]).await, 0);
}
