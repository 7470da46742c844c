//! Requests that nobody means well by: tables of strange methods, paths, queries, headers and bodies, each sent to every
//! route that it may concern, by every kind of caller.
//!
//! Of each is asked what DESIGN promises for any input: a documented answer below 500 in the envelope of its route, the
//! headers that every reply has, nothing of the request in reply or log, and a service that answers the next one.

mod bodies;
mod headers;
mod methods;
mod paths;
mod queries;
mod raw;

use crate::aws::{SIMULATOR, keyed};
use crate::headers::assert_headers;
use crate::support::people::Person;
use crate::support::{App, Reply};
use edge_auth::http::error::ErrorFormat;
use edge_auth::http::request::Method;
use edge_auth::http::route::Route;
use edge_auth::router::ROUTES;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Stands in a table's text for a word that is the one attempt's own, so that an echo of it is found.
const CANARY: &str = "CANARY";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    BadToken,
    User,
    Admin,
    SuperAdmin,
}

const EVERYBODY: [Who; 5] = [
    Who::Nobody,
    Who::BadToken,
    Who::User,
    Who::Admin,
    Who::SuperAdmin,
];

/// A request of a table.
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

    /// A request as the route wants it, but for its body.
    fn of(route: &Route) -> Self {
        Self::new(method_of(route), &path_of(route))
    }

    /// One more header, beside others of this name.
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

fn method_of(route: &Route) -> &'static str {
    match route.method {
        Method::Get => "GET",
        Method::Delete => "DELETE",
        _ => "POST",
    }
}

/// A path that leads to the route.
fn path_of(route: &Route) -> String {
    route.path.replace("{id}", &"0".repeat(64))
}

fn takes_a_body(route: &Route) -> bool {
    [
        "login",
        "set-password",
        "token",
        "device-authorization",
        "aws-login",
        "change-password",
    ]
    .iter()
    .any(|name| route.path == format!("/api/auth/{name}"))
}

/// A server that AWS answers, so that no 500 is a documented one, and on which nothing waits.
fn service() -> App {
    let vars = keyed(&SIMULATOR)
        .set("AWS_LOGIN", "app,proof")
        .set("AWS_LOGIN_ARNS", "arn:aws:iam::123456789012:role/ci=user")
        .set("DEVICE_TOKEN_WAIT", "0");
    App::with(vars)
}

/// Sends every attempt as every caller, and judges each reply. Gives the number of requests.
async fn try_all(attempts: Vec<Attempt>, callers: &[Who]) -> usize {
    let app = service();
    let mut tasks = JoinSet::new();
    for &who in callers {
        let (app, attempts) = (app.clone(), attempts.clone());
        tasks.spawn(async move {
            let mut caller = Caller::new(app, who).await;
            for attempt in &attempts {
                caller.attempt(attempt).await;
            }
            if let Some(last) = caller.last {
                last.seen().await;
            }
            attempts.len()
        });
    }
    let counts: Vec<usize> = tasks.join_all().await;
    assert_not_logged(&app);
    app.get("/api/auth/health").send().await.assert_status(200);
    counts.iter().sum()
}

/// No word of any attempt is in the log. (Deferred work of the last moments aside, which `Caller::last` waits for.)
fn assert_not_logged(app: &App) {
    let logs = app.server().logs();
    let echo = logs.iter().find(|(_, line)| line.contains("canary0"));
    assert!(echo.is_none(), "{echo:?}");
}

/// A caller with a token that is good again for each attempt.
struct Caller {
    app: App,
    who: Who,
    person: Option<Person>,
    token: Option<String>,
    /// The last answer: once its deferred work has ended, so has all before it.
    last: Option<Reply>,
    /// Requests under this token: the rate limit's minute must not end what is shown here.
    requests: usize,
}

/// Every attempt has a word and a network of its own.
static LAST_ATTEMPT: AtomicUsize = AtomicUsize::new(0);

impl Caller {
    async fn new(app: App, who: Who) -> Self {
        let person = match who {
            Who::Nobody | Who::BadToken => None,
            Who::User => Some(app.password_user("mallory").await),
            Who::Admin => Some(app.admin("mallory").await),
            Who::SuperAdmin => Some(app.super_admin("mallory").await),
        };
        let token = (who == Who::BadToken)
            .then(|| "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiJ9.".to_owned());
        Self {
            app,
            who,
            person,
            token,
            last: None,
            requests: 0,
        }
    }

    /// The token; signs in if the last attempt ended the session.
    async fn token(&mut self) -> Option<String> {
        if let Some(person) = &self.person
            && (self.token.is_none() || self.requests > 500)
        {
            let login = self.app.post("/api/auth/login").json(&person.login());
            let login = login.from(&self.app.elsewhere(next()));
            let reply = login.send_until_admitted().await;
            reply.assert_status(200);
            self.token = reply.json()["token"].as_str().map(str::to_owned);
            self.requests = 0;
        }
        self.requests += 1;
        self.token.clone()
    }

    async fn attempt(&mut self, attempt: &Attempt) {
        let number = next();
        let canary = format!("canary{number:06}");
        let fill = |bytes: &[u8]| replace(bytes, CANARY.as_bytes(), canary.as_bytes());
        let path = attempt.path.replace(CANARY, &canary);
        let mut request = self.app.request(&attempt.method, &path);
        let sets_token = attempt
            .headers
            .iter()
            .any(|(name, _)| *name == "authorization");
        if !sets_token && let Some(token) = self.token().await {
            request = request.bearer(&token);
        }
        request = request.from(&self.app.elsewhere(number));
        for (name, value) in &attempt.headers {
            request = request.header_too(name, fill(value));
        }
        if let Some(body) = &attempt.body {
            request = request.body(fill(body));
        }
        let reply = request.send_until_admitted().await;
        let what = format!("{:?} {attempt:?}", self.who);
        judge(&path, &reply, &what);
        // Each attempt has a network, and each name is new: whoever else is limited is limited by mistake.
        let may_be_limited = path.ends_with("/change-password")
            || attempt
                .headers
                .iter()
                .any(|(name, _)| *name == "cf-connecting-ip");
        assert!(reply.status != 429 || may_be_limited, "{what}");
        let is_done = reply.status == 200;
        let told = format!("{:?} {}", reply.headers, reply.text());
        assert!(!told.contains(&canary), "{what}: echoed in {told}");
        self.last = Some(reply);
        let ends = ["/logout", "/refresh"].iter().any(|end| path.contains(end));
        if ends && is_done && self.person.is_some() {
            self.token = None;
        }
    }
}

fn next() -> usize {
    LAST_ATTEMPT.fetch_add(1, Ordering::Relaxed)
}

/// What every reply must be. That its status is documented, `support` has seen already.
fn judge(path: &str, reply: &Reply, what: &str) {
    assert!(
        reply.status < 500,
        "{what}: {}\n{}",
        reply.status,
        reply.text()
    );
    assert_headers(reply);
    if reply.status >= 400 && !reply.body.is_empty() {
        let body = reply.json();
        let expected = match dialect(path) {
            ErrorFormat::Message => json!({ "success": false, "message": body["message"] }),
            ErrorFormat::Detail => json!({ "detail": body["detail"] }),
        };
        assert_eq!(body, expected, "{what}");
    }
}

/// The envelope of the route at this path; of no route, the message's.
fn dialect(path: &str) -> ErrorFormat {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    ROUTES
        .iter()
        .find(|route| route.path == path)
        .map_or(ErrorFormat::Message, |route| route.error_format)
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

/// The status of a reply that the Worker gave, which must be one of ours; `None` if the runtime answered or hung up.
fn judge_raw(reply: &[u8], canary: &str, what: &str) -> Option<u16> {
    let text = String::from_utf8_lossy(reply);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    // The runtime's own refusals do not have our headers.
    if !head.contains("strict-transport-security") {
        return None;
    }
    assert!(!text.contains(canary), "{what}: echoed in {text}");
    for header in ["x-content-type-options: nosniff", "cache-control: no-store"] {
        assert!(head.contains(header), "{what}: {text}");
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    assert!(status < 500, "{what}: {text}");
    let in_envelope = body.contains(r#""success":false"#) || body.contains(r#""detail":"#);
    assert!(status < 400 || in_envelope, "{what}: {text}");
    Some(status)
}
