//! Requests as tests write them, and replies as tests read them.

use super::app::App;
use super::documented;
use super::seen::Seen;
use super::snapshot;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request in the making. Nothing is added to it but its name and the test's address.
#[derive(Clone)]
pub struct Request {
    app: App,
    name: String,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(app: App, method: &str, path: &str) -> Self {
        let name = app.next_request();
        let address = app.next_address();
        let request = Self {
            app,
            name,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        };
        let name = request.name.clone();
        request.header("x-test-request", &name).from(&address)
    }

    /// The name of this request, for [`App::seen_so_far`].
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Sets a header, replacing it; the value may be any bytes that HTTP allows.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.insert(
            name,
            HeaderValue::from_bytes(value.as_ref()).expect("a header value"),
        );
        self
    }

    /// As [`Request::header`], beside the values that are there.
    pub fn header_too(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.append(
            name,
            HeaderValue::from_bytes(value.as_ref()).expect("a header value"),
        );
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// The client's address, as the edge would tell it.
    pub fn from(self, address: &str) -> Self {
        self.header("cf-connecting-ip", address)
    }

    /// A JSON body with its Content-Type.
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    /// A body of any bytes, without a Content-Type.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// Sends it and reads the whole reply. Panics if there is none; see [`Request::try_send`].
    pub async fn send(self) -> Reply {
        let what = format!("{} {}", self.method, self.path);
        self.try_send()
            .await
            .unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// As [`Request::send`], and again while the isolate hashes as many passwords for other tests as it takes on: it turns
    /// a request away before it writes anything.
    pub async fn send_until_admitted(self) -> Reply {
        for _ in 0..100 {
            let reply = self.clone().send().await;
            if reply.status != 503 {
                return reply;
            }
            // A store that is out is in the log.
            let seen = reply.seen().await;
            if !seen.has_only_reads() || !seen.logs.is_empty() {
                return reply;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.send().await
    }

    /// As [`Request::send`], where the server may be down.
    pub async fn try_send(self) -> reqwest::Result<Reply> {
        let url = format!("{}{}", self.app.server().door().origin, self.path);
        let method = self.method.parse().expect("a method");
        let mut request = self.app.client().request(method, url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let reply = request.send().await?;
        let reply = Reply {
            what: format!("{} {}", self.method, self.path),
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            body: reply.bytes().await?.to_vec(),
            name: self.name,
            app: self.app,
        };
        let undocumented = documented::undocumented(
            &self.method,
            &self.path,
            reply.status,
            &reply.headers,
            &reply.body,
        );
        let wrong = documented::wrong_headers(reply.status, &reply.headers);
        if let Some(surprise) = undocumented.or(wrong) {
            panic!(
                "{}: {} {surprise}\n{}",
                reply.what,
                reply.status,
                reply.text()
            );
        }
        Ok(reply)
    }
}

/// A whole reply.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    what: String,
    name: String,
    app: App,
}

impl Reply {
    /// Fails the test, showing the reply, unless the status is this.
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}\n{}", self.what, self.text());
        self
    }

    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.what, self.text()))
    }

    /// The value of a header, if it came once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        assert!(
            values.next().is_none(),
            "{}: {name} came more than once",
            self.what
        );
        first.to_str().ok()
    }

    /// Waits for all that the request deferred, and tells what it did.
    pub async fn seen(&self) -> Seen {
        self.app.seen(&self.name).await
    }

    /// The whole reply as text for `insta::assert_snapshot!`: status, headers by name, body in its own order of fields.
    /// What differs from run to run is redacted: ids, times, tokens, the names of this test's people.
    pub fn snapshot(&self) -> String {
        snapshot::of(
            self.status,
            &self.headers,
            &self.text(),
            &self.app.redactions(),
        )
    }

    /// As [`Reply::snapshot`], without the headers.
    pub fn snapshot_body(&self) -> String {
        snapshot::of(
            self.status,
            &HeaderMap::new(),
            &self.text(),
            &self.app.redactions(),
        )
    }
}

/// See [`App::send_raw`].
pub async fn send_raw(origin: &str, bytes: &[u8]) -> Vec<u8> {
    let authority = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.expect("a connection");
    let mut reply = Vec::new();
    // The server may refuse and close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut part = [0; 4096];
    while let Ok(Ok(length)) =
        tokio::time::timeout(Duration::from_secs(2), stream.read(&mut part)).await
    {
        if length == 0 {
            break;
        }
        reply.extend_from_slice(&part[..length]);
    }
    reply
}
