//! Hostile requests: unusual methods, paths, queries, headers and bodies, sent to every route by every kind of caller. The slow
//! tests send all of them to each route. The others send each of them once, and at least one to each route. Each gets a
//! documented response below 500. No part of the request is in the response or in the log, and the next request works.

mod bodies;
mod forms;
mod headers;
mod methods;
mod paths;
mod queries;
mod raw;

use crate::support::aws::{SIMULATOR, keyed};
use crate::support::routes::{self, ErrorFormat, Route};
use crate::support::{App, Caller, Cases, Response, User};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Placeholder for a word that is different in each attempt, so that an echo of it is found.
const CANARY: &str = "CANARY";

/// The caller of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Anonymous,
    ForgedToken,
    User,
    Admin,
    SuperAdmin,
}

const ALL_ROLES: [Role; 5] = [
    Role::Anonymous,
    Role::ForgedToken,
    Role::User,
    Role::Admin,
    Role::SuperAdmin,
];

/// A request to send.
#[derive(Clone, Debug)]
struct Attempt {
    method: String,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Attempt {
    fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A request to this route, without a body.
    fn of(route: &Route) -> Self {
        Self::new(route.method, &route.path())
    }

    /// Adds a header; others of this name stay.
    fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_vec());
        self
    }

    fn json(self, body: impl AsRef<[u8]>) -> Self {
        self.header("content-type", "application/json").body(body)
    }
}

/// A server with a working AWS, so that no 500 response is documented. No request to it waits.
fn service() -> App {
    let vars = keyed(&SIMULATOR)
        .set("AWS_LOGIN", "app,proof")
        .set("AWS_LOGIN_ARNS", "arn:aws:iam::123456789012:role/ci=user")
        .set("DEVICE_TOKEN_WAIT", "0");
    App::with(vars)
}

/// Sends every attempt as every caller, or as one of them in turn in a sample, and checks each response. Returns the number
/// of requests.
async fn try_all(cases: Cases, attempts: Vec<Attempt>, roles: &[Role]) -> usize {
    let app = service();
    let mut tasks = JoinSet::new();
    for (number, &role) in roles.iter().enumerate() {
        let first = cases.number(number, 0);
        let step = cases.number(roles.len(), 1);
        let own = attempts.iter().skip(first).step_by(step);
        let (app, attempts) = (app.clone(), own.cloned().collect::<Vec<_>>());
        tasks.spawn(async move {
            let mut sender = Sender::new(app, role).await;
            for attempt in &attempts {
                sender.attempt(attempt).await;
            }
            if let Some(last) = sender.last {
                last.recorded().await;
            }
            attempts.len()
        });
    }
    let counts: Vec<usize> = tasks.join_all().await;
    assert_not_logged(&app);
    app.anonymous().health().await.assert_status(200);
    counts.iter().sum()
}

/// Fails the test if a word of any attempt is in the log. (Deferred work has ended, because `Sender::last` waits for
/// it.)
fn assert_not_logged(app: &App) {
    let logs = app.server().logs();
    let echo = logs.iter().find(|(_, line)| line.contains("canary0"));
    assert!(echo.is_none(), "{echo:?}");
}

/// A caller that signs in again when its session has ended.
struct Sender {
    app: App,
    role: Role,
    user: Option<User>,
    caller: Option<Caller>,
    /// The last response: when its deferred work has ended, so has all before it.
    last: Option<Response>,
    /// Requests with this token, which must stay below the rate limit.
    requests: usize,
}

impl Sender {
    async fn new(app: App, role: Role) -> Self {
        let user = match role {
            Role::Anonymous | Role::ForgedToken => None,
            Role::User => Some(app.user("mallory").await),
            Role::Admin => Some(app.admin("mallory").await),
            Role::SuperAdmin => Some(app.super_admin("mallory").await),
        };
        let forged = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiJ9.";
        let caller = match role {
            Role::Anonymous => Some(app.anonymous()),
            Role::ForgedToken => Some(app.with_token(forged)),
            _ => None,
        };
        Self {
            app,
            role,
            user,
            caller,
            last: None,
            requests: 0,
        }
    }

    /// Signs in if the last attempt ended the session.
    async fn caller(&mut self) -> Caller {
        self.requests += 1;
        if self.user.is_some() && self.requests > 500 {
            self.caller = None;
            self.requests = 0;
        }
        match (&self.caller, &self.user) {
            (Some(caller), _) => caller.clone(),
            (None, None) => self.app.anonymous(),
            (None, Some(user)) => {
                let login = user.login().client_ip(&self.app.other_ip(next()));
                let session = login.hashes_a_password().await.session();
                self.caller = Some(session.clone());
                session
            }
        }
    }

    async fn attempt(&mut self, attempt: &Attempt) {
        let number = next();
        let canary = format!("canary{number:06}");
        let fill = |bytes: &[u8]| replace(bytes, CANARY.as_bytes(), canary.as_bytes());
        let path = attempt.path.replace(CANARY, &canary);
        let sets_token = attempt
            .headers
            .iter()
            .any(|(name, _)| *name == "authorization");
        let caller = if sets_token {
            self.app.anonymous()
        } else {
            self.caller().await
        };
        let mut request = caller.request(&attempt.method, &path);
        request = request.client_ip(&self.app.other_ip(number));
        for (name, value) in &attempt.headers {
            request = request.additional_header(name, fill(value));
        }
        if let Some(body) = &attempt.body {
            request = request.body(fill(body));
        }
        let response = request.hashes_a_password().await;
        let what = format!("{:?} {attempt:?}", self.role);
        check(&path, &response, &what);
        // Each attempt has its own network and user name, so that no limit applies except those of a session and of a user.
        let is_limited = |end: &&str| path.ends_with(*end);
        let may_be_limited = [
            "/change-password",
            "/step-up",
            "/totp/confirm",
            "/passkeys",
            "/change-email",
            "/users",
            "/users/search",
            "/clients",
        ]
        .iter()
        .any(is_limited)
            || attempt
                .headers
                .iter()
                .any(|(name, _)| *name == "cf-connecting-ip");
        assert!(response.status != 429 || may_be_limited, "{what}");
        let is_successful = response.status == 200;
        let echo = format!("{:?} {}", response.headers, response.text());
        assert!(!echo.contains(&canary), "{what}: echoed in {echo}");
        self.last = Some(response);
        let ends = ["/logout", "/refresh"].iter().any(|end| path.contains(end));
        if ends && is_successful && self.user.is_some() {
            self.caller = None;
        }
    }
}

/// The number of the last attempt. Each attempt has its own word and network.
static LAST_ATTEMPT: AtomicUsize = AtomicUsize::new(0);

fn next() -> usize {
    LAST_ATTEMPT.fetch_add(1, Ordering::Relaxed)
}

/// Checks a response. `support/contract.rs` has checked already that it is documented.
fn check(path: &str, response: &Response, what: &str) {
    let text = response.text();
    assert!(response.status < 500, "{what}: {}\n{text}", response.status);
    let is_html = response.text().starts_with("<!doctype html>");
    if response.status >= 400 && !response.body.is_empty() && !is_html {
        let body = response.json();
        let expected = match routes::error_format(path) {
            ErrorFormat::Message => json!({ "success": false, "message": body["message"] }),
            ErrorFormat::Detail => json!({ "detail": body["detail"] }),
            ErrorFormat::Oauth => {
                json!({ "error": body["error"], "error_description": body["error_description"] })
            }
        };
        assert_eq!(body, expected, "{what}");
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let mut replaced = Vec::new();
    while let Some(at) = rest.windows(from.len()).position(|part| part == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Checks a response of the Worker and returns its status; `None` if the runtime responded or closed the connection.
fn check_raw(response: &[u8], canary: &str, what: &str) -> Option<u16> {
    let text = String::from_utf8_lossy(response);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    // The runtime's own responses do not have the Worker's headers.
    if !head.contains("strict-transport-security") {
        return None;
    }
    assert!(!text.contains(canary), "{what}: echoed in {text}");
    for header in ["x-content-type-options: nosniff", "cache-control: no-store"] {
        assert!(head.contains(header), "{what}: {text}");
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    assert!(status < 500, "{what}: {text}");
    let errors = [r#""success":false"#, r#""detail":"#, "<!doctype html>"];
    let is_error = errors.iter().any(|start| body.contains(start));
    assert!(status < 400 || is_error, "{what}: {text}");
    Some(status)
}
