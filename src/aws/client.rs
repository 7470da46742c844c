//! Sends requests to AWS with `reqwest`: through `fetch` in the Worker, over sockets in native builds. Nothing else in `aws`
//! does I/O.
//!
//! Redirects are never followed, because the target of a redirect would receive the access token. Native builds configure
//! this here. In the Worker, `entry.mjs` makes the redirects of every outbound `fetch` manual, because `reqwest` has no such
//! setting for WebAssembly (seanmonstar/reqwest issue 2071).

use super::error::AwsError;
use super::wire::{AwsRequest, AwsResponse};
use futures_util::StreamExt;
use std::pin::pin;
use std::time::Duration;
use web_time::Instant;

/// Maximum duration of one call in milliseconds, including its response body and its retry.
pub const AWS_TIMEOUT_MS: u64 = 8_000;

/// Maximum length of a response body. The longest response that is expected here is a page of 100 accounts, about 20 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// An error within this many milliseconds before the deadline counts as a timeout, because timers may fire slightly early.
const TIMER_TOLERANCE_MS: u64 = 50;

/// The header with the name of an error.
const ERROR_TYPE_HEADER: &str = "x-amzn-errortype";

/// An HTTP client for AWS.
#[derive(Clone, Debug)]
pub struct Client {
    /// `None` if the TLS library of this machine does not work. Every call is then a `ConnectionError`.
    http: Option<reqwest::Client>,
    timeout: Duration,
}

impl Client {
    /// Creates a client with its own connections.
    #[must_use]
    pub fn new() -> Self {
        Self {
            http: http_client(),
            timeout: Duration::from_millis(AWS_TIMEOUT_MS),
        }
    }

    /// Sends a request and reads the whole response, whatever its status. An idempotent request is retried once after a
    /// connection error or a 5xx response.
    ///
    /// # Errors
    /// `Timeout`, `ConnectionError`, or `InvalidResponse` if the body is too long.
    pub async fn send(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let deadline = Deadline::after(self.timeout);
        let first = self.attempt(request, &deadline).await;
        let is_transient = match &first {
            Ok(response) => response.status >= 500,
            Err(error) => *error == AwsError::ConnectionError,
        };
        if request.is_idempotent && is_transient {
            return self.attempt(request, &deadline).await;
        }
        first
    }

    async fn attempt(
        &self,
        request: &AwsRequest,
        deadline: &Deadline,
    ) -> Result<AwsResponse, AwsError> {
        let http = self.http.as_ref().ok_or(AwsError::ConnectionError)?;
        let mut builder = http
            .request(request.method.clone(), request.url())
            .body(request.body.reveal().to_owned())
            // Applies to this attempt only, including its body.
            .timeout(deadline.remaining());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value.reveal());
        }
        let failed = |error: reqwest::Error| deadline.classify(&error);
        let response = builder.send().await.map_err(failed)?;
        let error_type = response.headers().get(ERROR_TYPE_HEADER);
        let error_type = error_type.and_then(|value| value.to_str().ok());
        let mut received = AwsResponse {
            status: response.status().as_u16(),
            error_type: error_type.map(str::to_owned),
            body: Vec::new(),
        };
        let mut chunks = pin!(response.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(failed)?;
            if received.body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
                return Err(AwsError::InvalidResponse);
            }
            received.body.extend_from_slice(&chunk);
        }
        Ok(received)
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_arch = "wasm32")]
fn http_client() -> Option<reqwest::Client> {
    reqwest::Client::builder().build().ok()
}

#[cfg(not(target_arch = "wasm32"))]
fn http_client() -> Option<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .ok()
}

/// The time at which a call ends, shared by its attempts.
struct Deadline {
    started: Instant,
    timeout: Duration,
}

impl Deadline {
    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(
            clippy::disallowed_methods,
            reason = "measures a duration; the Worker uses `performance.now()`"
        )
    )]
    fn after(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
        }
    }

    fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// In the Worker, `reqwest` does not report a timeout during the body as a timeout.
    fn classify(&self, error: &reqwest::Error) -> AwsError {
        if error.is_timeout() || self.remaining() <= Duration::from_millis(TIMER_TOLERANCE_MS) {
            AwsError::Timeout
        } else {
            AwsError::ConnectionError
        }
    }
}

#[cfg(test)]
mod tests;
