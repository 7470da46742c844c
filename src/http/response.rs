//! A response as plain values. `events/fetch.rs` adds the headers that every response has.

use crate::runtime::response_cache::Header;
use crate::runtime::shared_text::SharedText;
use serde::Serialize;
use std::borrow::Cow;
use std::rc::Rc;

/// The header with the time at which the token in a response expires: the time in its `exp` claim.
pub const EXPIRES: &str = "edge-auth-expires";

/// The header with the cursor of the next page of a response in JSON Lines; absent on the last page.
pub const NEXT: &str = "edge-auth-next";

/// The media type of JSON Lines.
pub const LINES: &str = "application/x-ndjson";

/// A value as JSON text.
#[must_use]
pub fn json(value: &impl Serialize) -> String {
    // Cannot fail: responses are structs of strings, numbers and booleans, with no maps and no fallible Serialize.
    serde_json::to_string(value).unwrap_or_default()
}

/// The text of a response.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text of this response.
    Text(Cow<'static, str>),
    /// Text that several responses have.
    Shared(Rc<SharedText>),
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Rc<SharedText>> for Body {
    fn from(text: Rc<SharedText>) -> Self {
        Self::Shared(text)
    }
}

/// What the body of a response is. It determines the headers that the response has in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON of the API.
    Json,
    /// JSON Lines of the API: exports.
    Lines,
    /// HTML of a browser page.
    Page,
}

/// A response to a client.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// What the body is.
    pub content: Content,
    /// JSON or HTML text; `None` if the status has no body (204).
    pub body: Option<Body>,
    /// Headers beyond those that every response has.
    pub headers: Vec<Header>,
}

impl Response {
    /// 200 with this value as JSON.
    #[must_use]
    pub fn ok(value: &impl Serialize) -> Self {
        Self::json(200, value)
    }

    /// Any status with this value as JSON.
    #[must_use]
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        Self::of(status, json(value))
    }

    /// Any status with this JSON text.
    #[must_use]
    pub fn of(status: u16, body: impl Into<Body>) -> Self {
        Self {
            status,
            content: Content::Json,
            body: Some(body.into()),
            headers: Vec::new(),
        }
    }

    /// 200 with these JSON Lines.
    #[must_use]
    pub fn lines(text: String) -> Self {
        Self {
            status: 200,
            content: Content::Lines,
            body: Some(text.into()),
            headers: Vec::new(),
        }
    }

    /// 204, without a body.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            status: 204,
            content: Content::Json,
            body: None,
            headers: Vec::new(),
        }
    }

    /// 302 to this path of the service.
    #[must_use]
    pub fn redirect(path: &'static str) -> Self {
        let empty = Self::empty();
        Self {
            status: 302,
            ..empty
        }
        .with("location", path)
    }

    /// 303 to this address, which the browser opens with GET (RFC 9700 section 4.12).
    #[must_use]
    pub fn see_other(address: String) -> Self {
        let empty = Self::empty();
        Self {
            status: 303,
            ..empty
        }
        .with("location", address)
    }

    /// Any status with the HTML of a browser page.
    #[must_use]
    pub fn page(status: u16, html: String) -> Self {
        Self {
            status,
            content: Content::Page,
            body: Some(html.into()),
            headers: Vec::new(),
        }
    }

    /// Adds a header. If every response has a header of this name, this one takes its place.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
