//! Responses as tests read them.

use super::app::App;
use super::caller::Caller;
use super::recorded::RecordedCalls;
use super::snapshot;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;

/// A whole response.
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) app: App,
}

impl Response {
    /// The request, for messages.
    pub fn request(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Fails the test, showing the response, unless it has this status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        let request = self.request();
        assert_eq!(self.status, status, "{request}\n{}", self.text());
        self
    }

    /// Fails the test unless the response has this status and this error code.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) -> &Self {
        let found = (self.status, self.error_code());
        let request = self.request();
        assert_eq!(found, (status, Some(code)), "{request}\n{}", self.text());
        self
    }

    /// The body as text; invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.request(), self.text()))
    }

    /// The value of a header. Fails the test if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        assert!(
            values.next().is_none(),
            "{}: several {name} headers",
            self.request()
        );
        first.to_str().ok()
    }

    pub fn error_code(&self) -> Option<&str> {
        self.header("edge-auth-error")
    }

    /// The text of an error or of a `message`, in either error format.
    #[track_caller]
    pub fn message(&self) -> String {
        let body = self.json();
        let text = body["message"].as_str().or(body["detail"].as_str());
        text.unwrap_or_else(|| panic!("{}: no message in {body}", self.request()))
            .to_owned()
    }

    /// The seconds of `Retry-After`.
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.header("retry-after")?;
        Some(value.parse().expect("a number of seconds"))
    }

    /// The seconds of `Retry-After` of this 429 response.
    #[track_caller]
    pub fn back_off(&self) -> u32 {
        self.assert_status(429);
        self.retry_after().expect("Retry-After")
    }

    /// The challenge of a 401.
    pub fn challenge(&self) -> Option<&str> {
        self.header("www-authenticate")
    }

    /// The values of `Set-Cookie`.
    pub fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all("set-cookie").iter();
        let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
        values.map(text).collect()
    }

    /// The pair of name and value of the device cookie that this response sets.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let cookies = self.set_cookies();
        let mut device = cookies
            .iter()
            .filter(|cookie| cookie.contains("auth-device="));
        let cookie = device.next().expect("a cookie");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    /// The whole value of `Set-Cookie` with the session cookie, if this response sets it.
    pub fn set_session_cookie(&self) -> Option<String> {
        let start = format!("{}=", self.app.session_cookie_name());
        let mut cookies = self.set_cookies().into_iter();
        cookies.find(|cookie| cookie.starts_with(&start))
    }

    /// The browser with the session cookie of this response.
    #[track_caller]
    pub fn cookie_session(&self) -> Caller {
        let cookie = self.assert_status(200).set_session_cookie();
        let cookie = cookie.expect("a session cookie");
        let (_, value) = cookie.split_once('=').expect("a pair");
        let value = value.split(';').next().expect("a value");
        self.app.with_session_cookie(value)
    }

    /// The caller with the session token or session cookie of this 200 response.
    #[track_caller]
    pub fn session(&self) -> Caller {
        if self.set_session_cookie().is_some() {
            return self.cookie_session();
        }
        let body = self.assert_status(200).json();
        let token = body["token"].as_str().or(body["access_token"].as_str());
        let token = token.unwrap_or_else(|| panic!("{}: no token in {body}", self.request()));
        self.app.with_token(token)
    }

    /// The caller after this response to a request of the session: with the cookie that it sets, otherwise as before.
    #[track_caller]
    pub fn continued(&self, session: Caller) -> Caller {
        match self.set_session_cookie() {
            Some(_) => self.cookie_session(),
            None => session,
        }
    }

    /// The `user` of this 200 response.
    #[track_caller]
    pub fn user(&self) -> Value {
        self.assert_status(200).json()["user"].clone()
    }

    /// The `credentials` of this 200 response.
    #[track_caller]
    pub fn credentials(&self) -> Value {
        self.assert_status(200).json()["credentials"].clone()
    }

    /// The list of this name in this 200 response.
    #[track_caller]
    pub fn list(&self, name: &str) -> Vec<Value> {
        let body = self.assert_status(200).json();
        let list = body[name].as_array();
        list.unwrap_or_else(|| panic!("{}: no {name} in {body}", self.request()))
            .clone()
    }

    /// Waits for everything that the request deferred; returns its recorded calls.
    pub async fn recorded(&self) -> RecordedCalls {
        self.app.recorded(&self.name).await
    }

    /// Status, headers and body as text for `insta::assert_snapshot!`. Headers that all responses have are left out. Values
    /// that differ between runs are redacted: ids, times, tokens, and names of this test's users.
    pub fn snapshot(&self) -> String {
        snapshot::of(
            self.status,
            &self.headers,
            &self.text(),
            &self.app.redactions(),
        )
    }

    /// Like [`Response::snapshot`], without headers.
    pub fn snapshot_body(&self) -> String {
        let headers = HeaderMap::new();
        snapshot::of(self.status, &headers, &self.text(), &self.app.redactions())
    }
}
