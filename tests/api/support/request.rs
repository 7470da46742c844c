//! Requests as tests write them.

use super::app::App;
use super::contract;
use super::response::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request that is built and then awaited. Nothing is added to it but its name and the test's IP address.
///
/// Awaiting it sends it and reads the whole response. A request that hashes a password is sent again while the isolate is at
/// its limit of concurrent hashes, because of other tests. [`Request::send`] sends it exactly once.
#[derive(Clone)]
pub struct Request {
    app: App,
    name: String,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    hashes_a_password: bool,
}

impl Request {
    pub(super) fn new(app: App, method: &str, path: &str) -> Self {
        let name = app.next_request();
        let ip = app.next_ip();
        let request = Self {
            app,
            name: name.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
            hashes_a_password: false,
        };
        request.header("x-test-request", name).client_ip(&ip)
    }

    /// The view of the server that it is sent to.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The name of this request, for [`App::recorded_so_far`].
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Sets a header, replacing other values. The value may be any bytes that HTTP allows.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Like [`Request::header`], in addition to other values.
    pub fn additional_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value);
        self.headers.append(name, value);
        self
    }

    pub fn bearer(self, token: impl AsRef<str>) -> Self {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// As a browser sends it if a page of the service causes the request.
    pub fn same_origin(self) -> Self {
        self.header("sec-fetch-site", "same-origin")
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    /// The client's IP address, as Cloudflare passes it.
    pub fn client_ip(self, ip: &str) -> Self {
        self.header("cf-connecting-ip", ip)
    }

    /// A JSON body with its Content-Type.
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    /// A form with its Content-Type.
    pub fn form(self, parameters: &[(&str, &str)]) -> Self {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(parameters);
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(text.finish())
    }

    /// A body of any bytes, without a Content-Type.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// See [`Request`].
    pub fn hashes_a_password(mut self) -> Self {
        self.hashes_a_password = true;
        self
    }

    /// Sends it once. Panics if there is no response; see [`Request::try_send`].
    pub async fn send(self) -> Response {
        let what = format!("{} {}", self.method, self.path);
        self.try_send()
            .await
            .unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// Sends it until the isolate has a free slot for the hash. Without one, the isolate rejects the request before it
    /// writes anything.
    async fn send_until_admitted(self) -> Response {
        for _ in 0..200 {
            let response = self.clone().send().await;
            if response.status != 503 {
                return response;
            }
            let recorded = response.recorded().await;
            // A store that is unavailable is logged.
            if !recorded.has_only_reads() || !recorded.logs.is_empty() {
                return response;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        self.send().await
    }

    /// Like [`Request::send`], where the server may be down.
    pub async fn try_send(self) -> reqwest::Result<Response> {
        let url = format!("{}{}", self.app.server().origin(), self.path);
        let method = self.method.parse().expect("a method");
        let mut request = self.app.client().request(method, url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let response = Response {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
            method: self.method,
            path: self.path,
            name: self.name,
            app: self.app,
        };
        contract::check(&response);
        Ok(response)
    }
}

impl IntoFuture for Request {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        if self.hashes_a_password {
            Box::pin(self.send_until_admitted())
        } else {
            Box::pin(self.send())
        }
    }
}

fn header(name: &str, value: impl AsRef<[u8]>) -> (HeaderName, HeaderValue) {
    let name = name.parse().expect("a header name");
    let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
    (name, value)
}

/// See [`App::send_raw`].
pub(super) async fn send_raw(origin: &str, bytes: &[u8]) -> Vec<u8> {
    let authority = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.expect("a connection");
    let mut response = Vec::new();
    // The server may reject the request and close the connection before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut part = [0; 4096];
    while let Ok(Ok(length)) =
        tokio::time::timeout(Duration::from_secs(2), stream.read(&mut part)).await
    {
        if length == 0 {
            break;
        }
        response.extend_from_slice(&part[..length]);
    }
    response
}
