//! A request to AWS and its reply as plain values. Nothing here does I/O; [`super::client`] carries them.
//!
//! Header values and bodies are [`Secret`]s: bearer tokens, client secrets and device codes travel in them, and one
//! type for all is easier to trust than a list of the dangerous ones.

use super::error::AwsError;
use super::partition::Endpoint;
use crate::crypto::secret::Secret;
use crate::json::Object;
use serde::Serialize;
use std::fmt;

/// The methods that AWS's operations use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

impl Method {
    /// The method on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request that is ready to be signed or carried. `Host` and `Content-Length` are the carrier's.
#[derive(Clone, Debug)]
pub struct AwsRequest {
    /// GET or POST.
    pub method: Method,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Starts with `/`, percent-encoded; never holds a secret.
    pub path_and_query: String,
    /// Names in lower case.
    pub headers: Vec<(String, Secret)>,
    /// Empty for a GET.
    pub body: Secret,
    /// True if sending it twice does no more than sending it once, so that a lost reply may be asked for again.
    pub is_repeatable: bool,
}

impl AwsRequest {
    /// A repeatable GET without a body.
    #[must_use]
    pub fn get(endpoint: &Endpoint, path_and_query: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            endpoint: endpoint.clone(),
            path_and_query: path_and_query.into(),
            headers: vec![header("accept", "application/json")],
            body: Secret::new(""),
            is_repeatable: true,
        }
    }

    /// A repeatable POST of a body of this type.
    #[must_use]
    pub fn post(
        endpoint: &Endpoint,
        path_and_query: impl Into<String>,
        content_type: &str,
        body: impl Into<String>,
    ) -> Self {
        Self {
            method: Method::Post,
            endpoint: endpoint.clone(),
            path_and_query: path_and_query.into(),
            headers: vec![header("content-type", content_type)],
            body: Secret::new(body),
            is_repeatable: true,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(header(name, value));
        self
    }

    /// The same, to be sent once only.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.is_repeatable = false;
        self
    }

    /// The value of the first header with this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.reveal())
    }

    /// The whole address.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.url(&self.path_and_query)
    }
}

fn header(name: &str, value: &str) -> (String, Secret) {
    (name.to_owned(), Secret::new(value))
}

/// A reply: what of it is read here, and no more.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsResponse {
    /// The status code.
    pub status: u16,
    /// `x-amzn-ErrorType`, if it was there.
    pub error_type: Option<String>,
    /// At most 64 KiB; the carrier sees to it.
    pub body: Vec<u8>,
}

impl AwsResponse {
    /// Reads the JSON object of a 200.
    ///
    /// # Errors
    /// `InvalidResponse` for other successes, redirects and all that is no object; the refusal for anything from 400.
    pub fn json(&self) -> Result<Object<'_>, AwsError> {
        let text = std::str::from_utf8(self.success()?).map_err(|_| AwsError::InvalidResponse)?;
        Ok(Object::read(text)?)
    }

    /// The body of a 200.
    ///
    /// # Errors
    /// As [`AwsResponse::json`].
    pub fn success(&self) -> Result<&[u8], AwsError> {
        match self.status {
            200 => Ok(&self.body),
            400.. => Err(AwsError::of_refusal(self)),
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

/// A request's body.
pub(super) fn json(value: &impl Serialize) -> String {
    // Cannot fail: bodies are structs of texts, with no maps and no fallible Serialize.
    serde_json::to_string(value).unwrap_or_default()
}

/// Percent-encodes a value of a query or a segment of a path: all but RFC 3986's unreserved characters, as `SigV4` wants it.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(digit(byte >> 4));
            encoded.push(digit(byte & 15));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::{Region, Service};

    #[test]
    fn debug_shows_no_header_value_and_no_body() {
        let endpoint = Endpoint::of(Service::SsoPortal, Region::parse("us-east-1").unwrap());
        let request = AwsRequest::post(&endpoint, "/token", "application/json", "canary-body")
            .with_header("x-amz-sso_bearer_token", "canary-token");
        let reply = AwsResponse {
            status: 200,
            error_type: Some("canary-type".to_owned()),
            body: b"canary-reply".to_vec(),
        };
        assert_eq!(
            request.header("x-amz-sso_bearer_token"),
            Some("canary-token")
        );
        for text in [format!("{request:?}"), format!("{reply:?}")] {
            assert!(!text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn values_are_encoded_as_sigv4_does() {
        for (text, encoded) in [
            ("AZaz09-._~", "AZaz09-._~"),
            ("a b+c/d=&", "a%20b%2Bc%2Fd%3D%26"),
            ("é\r\n", "%C3%A9%0D%0A"),
        ] {
            assert_eq!(percent_encoded(text), encoded);
        }
    }

    #[test]
    fn only_a_200_is_a_success() {
        for status in [0, 100, 199, 201, 204, 206, 301, 302, 307, 308, 399] {
            let reply = AwsResponse {
                status,
                error_type: None,
                body: b"{}".to_vec(),
            };
            assert_eq!(reply.success(), Err(AwsError::InvalidResponse), "{status}");
        }
    }
}
