//! Requests to AWS and its responses as plain values. [`super::client`] sends them.
//!
//! Header values and bodies are [`Secret`]s, because access tokens, client secrets and device codes are sent in them.

use super::endpoint::Endpoint;
use super::error::AwsError;
use crate::crypto::secret::Secret;
use crate::json::Object;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Serialize;
use std::fmt;

/// A request. The client adds `Host` and `Content-Length`.
#[derive(Clone, Debug)]
pub struct AwsRequest {
    /// GET or POST.
    pub method: Method,
    /// The host.
    pub endpoint: Endpoint,
    /// Path and query, percent-encoded; starts with `/`. It contains no secret.
    pub path_and_query: String,
    /// Headers with lower-case names, each name once.
    pub headers: Vec<(&'static str, Secret)>,
    /// Body; empty for a GET.
    pub body: Secret,
    /// True if sending the request twice has the same effect as sending it once, so that it may be retried.
    pub is_idempotent: bool,
}

impl AwsRequest {
    /// Creates an idempotent GET.
    #[must_use]
    pub fn get(endpoint: &Endpoint, path_and_query: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            endpoint: endpoint.clone(),
            path_and_query: path_and_query.into(),
            headers: vec![("accept", Secret::new("application/json"))],
            body: Secret::new(""),
            is_idempotent: true,
        }
    }

    /// Creates an idempotent POST.
    #[must_use]
    pub fn post(
        endpoint: &Endpoint,
        path: impl Into<String>,
        content_type: &str,
        body: impl Into<String>,
    ) -> Self {
        Self {
            method: Method::POST,
            endpoint: endpoint.clone(),
            path_and_query: path.into(),
            headers: vec![("content-type", Secret::new(content_type))],
            body: Secret::new(body),
            is_idempotent: true,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, Secret::new(value)));
        self
    }

    /// Excludes the request from retries.
    #[must_use]
    pub fn not_idempotent(mut self) -> Self {
        self.is_idempotent = false;
        self
    }

    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| *other == name);
        found.map(|(_, value)| value.reveal())
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.url(&self.path_and_query)
    }
}

/// The parts of a response that are read here.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsResponse {
    /// Status code.
    pub status: u16,
    /// Value of the header `x-amzn-ErrorType`.
    pub error_type: Option<String>,
    /// Body, at most [`super::client::MAX_BODY_BYTES`].
    pub body: Vec<u8>,
}

impl AwsResponse {
    /// Reads the JSON object in the body of a 200 response.
    ///
    /// # Errors
    /// The error of a response with a status of 400 or higher; `InvalidResponse` for other statuses and other bodies.
    pub fn json(&self) -> Result<Object<'_>, AwsError> {
        let text = std::str::from_utf8(self.success()?).map_err(|_| AwsError::InvalidResponse)?;
        Ok(Object::read(text)?)
    }

    /// Returns the body of a 200 response.
    ///
    /// # Errors
    /// As [`AwsResponse::json`].
    pub fn success(&self) -> Result<&[u8], AwsError> {
        match self.status {
            200 => Ok(&self.body),
            400.. => Err(AwsError::of_response(self)),
            _ => Err(AwsError::InvalidResponse),
        }
    }
}

impl fmt::Debug for AwsResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AwsResponse")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Writes a request body.
pub(super) fn json(value: &impl Serialize) -> String {
    // Cannot fail: the bodies are structs of strings.
    serde_json::to_string(value).unwrap_or_default()
}

/// The unreserved characters of RFC 3986 section 2.3 stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a value in a query or a segment of a path.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::endpoint::Service;
    use crate::aws::region::Region;

    #[test]
    fn debug_shows_no_header_value_and_no_body() {
        let endpoint = Endpoint::of(Service::SsoPortal, Region::parse("us-east-1").unwrap());
        let request = AwsRequest::post(&endpoint, "/token", "application/json", "canary-body")
            .with_header("x-amz-sso_bearer_token", "canary-token");
        let response = AwsResponse {
            status: 200,
            error_type: Some("canary-type".to_owned()),
            body: b"canary-response".to_vec(),
        };
        assert_eq!(
            request.header("x-amz-sso_bearer_token"),
            Some("canary-token")
        );
        for text in [format!("{request:?}"), format!("{response:?}")] {
            assert!(!text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn percent_encoding_keeps_only_unreserved_characters() {
        for (text, encoded) in [
            ("AZaz09-._~", "AZaz09-._~"),
            ("a b+c/d=&", "a%20b%2Bc%2Fd%3D%26"),
            ("é\r\n", "%C3%A9%0D%0A"),
        ] {
            assert_eq!(percent_encoded(text), encoded);
        }
    }

    #[test]
    fn response_with_a_status_below_400_other_than_200_is_invalid() {
        for status in [0, 100, 199, 201, 204, 206, 301, 302, 307, 308, 399] {
            let response = AwsResponse {
                status,
                error_type: None,
                body: b"{}".to_vec(),
            };
            let read = response.success();
            assert_eq!(read, Err(AwsError::InvalidResponse), "{status}");
        }
    }
}
