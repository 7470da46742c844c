//! Requests to a service, and their failures.

use crate::failure::unavailable;
use crate::table::cell;
use crate::terminal;
use anyhow::{Result, anyhow};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::Value;
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Retries of a request that was not served.
const MAX_RETRIES: u32 = 2;
/// Maximum time before a retry. The rate limits of the service are per minute.
const MAX_RETRY_DELAY: Duration = Duration::from_mins(1);
/// Time for a response. The service responds within 30 s; an import of 1 MiB over a slow line takes longer.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    /// Media type and text.
    body: Option<(&'static str, String)>,
    if_match: Option<String>,
    /// Whether it changes nothing, so that it may be sent again after a failure.
    is_read: bool,
}

impl Call {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            is_read: method == Method::GET,
            method,
            path: path.into(),
            body: None,
            if_match: None,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a body of this media type.
    pub fn body(mut self, media_type: &'static str, text: String) -> Self {
        self.body = Some((media_type, text));
        self
    }

    /// Only if the user or OAuth client still has this version.
    pub fn if_match(mut self, version: u64) -> Self {
        self.if_match = Some(format!("\"{version}\""));
        self
    }

    /// A POST that changes nothing.
    pub fn that_reads(mut self) -> Self {
        self.is_read = true;
        self
    }
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The error code; empty if there is none.
    pub fn code(&self) -> &str {
        self.header("edge-auth-error").unwrap_or_default()
    }

    /// The response if it is a success, or its error.
    ///
    /// # Errors
    /// The error of the service.
    pub fn successful(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let (status, json) = (self.status, self.json());
        let text = ["message", "detail"].map(|name| json[name].as_str());
        let text = text.into_iter().flatten().next();
        let text = text.unwrap_or("not an Edge Auth response");
        let message = format!("{status}: {}", cell(Some(text)));
        let is_temporary = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Err(match (is_temporary, self.header("retry-after")) {
            (true, Some(seconds)) => unavailable(format!("{message}; try again in {seconds} s")),
            (true, None) => unavailable(message),
            (false, _) => anyhow!(message),
        })
    }
}

/// A client of a service.
pub struct Http {
    runtime: Runtime,
    client: Client,
    origin: String,
}

impl Http {
    /// A client for this URL. It follows no redirects, because they could send credentials to another server.
    ///
    /// # Errors
    /// A URL that is not one of a service; or the system provides no TLS or no threads.
    pub fn new(url: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            runtime,
            client,
            origin: cli::origin(url)?,
        })
    }

    /// The origin of the service.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Sends a request with this token. A request that a rate limit refused is sent again, as is a request that changes
    /// nothing if the service is unavailable.
    ///
    /// # Errors
    /// No response.
    pub fn send(&self, call: &Call, token: Option<&str>) -> Result<Response> {
        let mut retries = 0;
        loop {
            let response = self.send_once(call, token);
            let delay = match &response {
                Ok(response) if response.code() == "rate_limited" => seconds_of(response),
                Ok(response) if response.status.is_server_error() && call.is_read => {
                    seconds_of(response)
                }
                Err(_) if call.is_read => Some(Duration::from_secs(1)),
                _ => None,
            };
            match delay {
                Some(delay) if retries < MAX_RETRIES => {
                    retries += 1;
                    let delay = delay.min(MAX_RETRY_DELAY);
                    if delay > Duration::from_secs(2) {
                        terminal::note(format_args!("Waiting for {} s …", delay.as_secs()));
                    }
                    thread::sleep(delay);
                }
                _ => return response,
            }
        }
    }

    fn send_once(&self, call: &Call, token: Option<&str>) -> Result<Response> {
        let url = format!("{}/api/auth/{}", self.origin, call.path);
        let mut request = self.client.request(call.method.clone(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(version) = &call.if_match {
            request = request.header("if-match", version);
        }
        if let Some((media_type, text)) = &call.body {
            request = request
                .header("content-type", *media_type)
                .body(text.clone());
        }
        self.runtime
            .block_on(async {
                let response = request.send().await?;
                Ok(Response {
                    status: response.status(),
                    headers: response.headers().clone(),
                    text: response.text().await?,
                })
            })
            .map_err(|error: reqwest::Error| {
                let cause = anyhow!(error.without_url());
                unavailable(format!("{} does not respond: {cause:#}", self.origin))
            })
    }
}

/// The time of `Retry-After`; a second if there is none.
fn seconds_of(response: &Response) -> Option<Duration> {
    let seconds = response
        .header("retry-after")
        .map_or(Some(1), |text| text.parse().ok());
    seconds.map(Duration::from_secs)
}
