//! Requests and responses, read and built as the simulated services need them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::Value;

/// A request with its whole body.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// Path and query as sent.
    pub(crate) fn target(&self) -> &str {
        self.uri
            .path_and_query()
            .map_or("", |target| target.as_str())
    }

    pub(crate) fn query(&self) -> Vec<(String, String)> {
        pairs(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The first header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    }

    /// The header with this name, unless it is absent or repeated.
    pub(crate) fn single_header(&self, name: &str) -> Option<&str> {
        let count = self.headers.get_all(name).iter().count();
        self.header(name).filter(|_| count == 1)
    }

    pub(crate) fn accepts(&self, media_type: &str) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.to_ascii_lowercase().contains(media_type))
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The value of the first pair with this name.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|(key, _)| key == name);
    values.next().map(|(_, value)| value.as_str())
}

/// A response with its whole body.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", media_type.into())],
            body: body.into(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// Sets a header; the name is in lower case.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().filter(|(key, _)| *key == name);
        headers.next().map(|(_, value)| value.as_str())
    }

    /// Status line, headers and the empty line as bytes, for a response that no HTTP server would send.
    pub(crate) fn head(&self, content_length: Option<usize>) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {}\r\n", self.status_code());
        let length = content_length.map(|length| ("content-length", length.to_string()));
        for (name, value) in self.headers.iter().cloned().chain(length) {
            head.extend([name, ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Response {
    fn into_response(self) -> axum::response::Response {
        let status = self.status_code();
        let mut response = axum::response::Response::new(Body::from(self.body));
        *response.status_mut() = status;
        for (name, value) in self.headers {
            // Values are the simulator's own; one with a line break would be dropped.
            if let Ok(value) = HeaderValue::try_from(value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_leniently() {
        let read = pairs(b"a=1&b=%20x+y&c&=d&e=%zz%4&&f=%C3%AB&g=1=2");
        for (name, expected) in [
            ("a", "1"),
            ("b", " x y"),
            ("c", ""),
            ("", "d"),
            ("e", "%zz%4"),
            ("f", "ë"),
            ("g", "1=2"),
        ] {
            assert_eq!(value(&read, name), Some(expected), "{name}");
        }
        assert_eq!(value(&read, "h"), None);
    }

    #[test]
    fn header_value_with_a_line_break_is_not_sent() {
        let response = Response::new(200, "text/plain", "").with("x-test", "a\r\nb: c");
        assert!(!response.into_response().headers().contains_key("x-test"));
    }
}
