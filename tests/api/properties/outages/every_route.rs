//! Every fault of a store or a secret on every route: the documented status in the error format of the route, no partial
//! effect, and the next request works.

mod prepared;

use self::prepared::{Prepared, vars};
use crate::support::audit::CRON;
use crate::support::internals::SessionKind;
use crate::support::routes::{self, ErrorFormat, Route};
use crate::support::{App, Cases, Fault, Response, Vars};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::JoinSet;

/// The fault in a test.
#[derive(Clone, Copy, Debug, PartialEq)]
enum InjectedFault {
    D1Fails,
    D1Hangs,
    /// D1 reports a violated constraint.
    D1Constraint,
    /// D1 responds to the first call of the request only.
    D1FailsLater,
    /// The row of the user is invalid.
    CorruptRow,
    KvFails,
    KvHangs,
    KvReadsStale,
    /// KV rejects every write with 429.
    KvThrottlesWrites,
}

impl InjectedFault {
    /// The status of a route under this fault.
    fn status(self, route: &Route) -> u16 {
        let needs = needs(route);
        let is_unavailable = match self {
            Self::D1Fails | Self::D1Hangs | Self::D1Constraint => needs.d1 > 0,
            Self::D1FailsLater => needs.d1 > 1,
            Self::CorruptRow => needs.user,
            Self::KvFails | Self::KvHangs => needs.kv,
            Self::KvReadsStale | Self::KvThrottlesWrites => false,
        };
        if is_unavailable { 503 } else { served(route) }
    }

    async fn begin(self, app: &App, user: Option<&str>) {
        let fault = match self {
            Self::D1Fails => Fault::d1().fails(),
            Self::D1Hangs => Fault::d1().hangs(),
            Self::D1Constraint => Fault::d1()
                .fails_with("UNIQUE constraint failed: users.username: SQLITE_CONSTRAINT"),
            Self::D1FailsLater => Fault::d1().nth(2).fails(),
            Self::CorruptRow => return set_updated_at(app, user, "yesterday").await,
            Self::KvFails => Fault::kv().fails(),
            Self::KvHangs => Fault::kv().hangs(),
            Self::KvReadsStale => Fault::kv_reads().reads_stale(60),
            Self::KvThrottlesWrites => Fault::kv_writes().throttles(),
        };
        app.fault(fault).await;
    }

    async fn end(self, app: &App, user: Option<&str>) {
        app.remove_faults().await;
        if self == Self::CorruptRow {
            set_updated_at(app, user, "2024-01-01T00:00:00Z").await;
        }
    }
}

/// The status of a route while nothing fails.
fn served(route: &Route) -> u16 {
    match route.name().as_str() {
        // Other requests of the test need super administrators.
        "POST bootstrap" => 409,
        "GET /oauth/authorize"
        | "POST /oauth/authorize"
        | "GET /oauth/logout"
        | "POST /oauth/logout" => 303,
        _ => 200,
    }
}

/// The stores and rows that a route needs.
struct Needs {
    /// Calls of D1 before the response: 0, 1, or 2 for more.
    d1: usize,
    /// A read of KV that no read of D1 replaces.
    kv: bool,
    /// The row of the user.
    user: bool,
}

/// The needs of a route, for a session that is cached in KV and a user who has signed in before.
fn needs(route: &Route) -> Needs {
    let (d1, kv, user) = match route.name().as_str() {
        "GET health" => (1, true, false),
        // The link of `forgot-password` is created after the response.
        // `bootstrap` only checks the secret, because there is a super administrator.
        "POST bootstrap"
        | "POST forgot-password"
        | "POST logout"
        | "GET /oauth/authorize"
        | "POST /oauth/authorize"
        | "GET /oauth/logout"
        | "POST /oauth/logout" => (1, false, false),
        "POST refresh" | "GET session" | "GET /oauth/userinfo" | "POST /oauth/userinfo" => {
            (1, false, true)
        }
        // `set-password` reads only the user's names, which a password must not contain.
        "POST revert-email"
        | "POST set-password"
        | "POST /oauth/token"
        | "POST /oauth/introspect"
        | "POST /oauth/revoke" => (2, false, false),
        // The head of the audit log is in KV.
        "GET audit/verify" => (2, true, true),
        "GET audit"
        | "GET audit/export"
        | "GET aws-credentials"
        | "POST aws-login"
        | "POST change-email"
        | "POST change-password"
        | "POST confirm-email"
        | "DELETE sessions/{id}"
        | "DELETE users/{id}"
        | "DELETE users/{id}/factors"
        | "DELETE grants/{id}"
        | "DELETE users/{id}/grants/{grant}"
        | "DELETE users/{id}/sessions"
        | "DELETE users/{id}/sessions/{session}"
        | "GET users/{id}"
        | "GET users/{id}/factors"
        | "GET grants"
        | "GET users/{id}/grants"
        | "GET users/{id}/sessions"
        | "PATCH users/{id}"
        | "POST users"
        | "POST users/search"
        | "POST users/{id}/reset-password"
        | "POST users/{id}/unlock"
        | "GET users/{id}/export"
        | "POST users/export"
        | "POST users/import"
        | "GET clients"
        | "POST clients"
        | "GET clients/{id}"
        | "PATCH clients/{id}"
        | "DELETE clients/{id}"
        | "POST clients/{id}/secret"
        | "DELETE clients/{id}/grants"
        | "POST login"
        | "POST authorization-request"
        | "POST sign-out-request"
        | "POST consent"
        | "POST logout-all"
        | "GET nvidia-credentials"
        | "GET sessions"
        | "GET status"
        | "POST sign-in"
        | "POST step-up"
        | "POST step-up/options"
        | "POST sign-in/verify"
        | "POST sign-in/enrol"
        | "GET factors"
        | "GET passkeys"
        | "POST passkeys/options"
        | "POST passkeys"
        | "PATCH passkeys/{id}"
        | "DELETE passkeys/{id}"
        | "POST totp"
        | "POST totp/confirm"
        | "DELETE totp"
        | "DELETE password"
        | "POST recovery-codes"
        | "POST token" => (2, false, true),
        // Nothing but the check of the session.
        _ => match route.required_role() {
            Some(_) if !route.uses_cached_session() => (1, false, true),
            _ => (0, false, false),
        },
    };
    Needs { d1, kv, user }
}

/// The ids of a user, who is given by an id or by a name of AWS.
const IDS: &str = "SELECT id FROM users WHERE id = ?1 OR (source <> 'password' AND username = ?1)";

async fn set_updated_at(app: &App, user: Option<&str>, text: &str) {
    let sql = format!("UPDATE users SET updated_at = ?2 WHERE id IN ({IDS}) RETURNING id");
    if let Some(user) = user {
        assert_eq!(app.sql(&sql, [user, text]).await.len(), 1);
    }
}

/// The rows in D1 about a user, except for failed attempts, which are counted before the password is checked.
async fn stored(app: &App, user: &str) -> Value {
    let sql = format!(
        "SELECT
           (SELECT json_group_array(json_array(role, is_active, password_hash, email, email_verified_at, updated_at, last_login))
            FROM users WHERE id IN ({IDS})) AS users,
           (SELECT json_group_array(json_array(id, generation, revoked_at))
            FROM sessions WHERE user_id IN ({IDS})) AS sessions,
           (SELECT json_group_array(used_by) FROM password_links WHERE user_id IN ({IDS})) AS links,
           (SELECT json_group_array(purpose) FROM email_links WHERE user_id IN ({IDS})) AS email_links,
           (SELECT count(*) FROM audit WHERE subject IN ({IDS})) AS entries"
    );
    app.sql(&sql, [user]).await.remove(0)
}

/// Fails the test unless the response is a 503 in the error format of the route, with this code.
fn assert_unavailable(response: &Response, route: &Route, code: &str, what: &str) {
    const TEXT: &str = "Service temporarily unavailable";
    let body = response.json();
    let (text, members) = match route.error_format {
        ErrorFormat::Message => {
            assert_eq!(body["success"], false, "{what}");
            (&body["message"], 2)
        }
        ErrorFormat::Detail => (&body["detail"], 1),
        ErrorFormat::Oauth => {
            assert_eq!(body["error"], "temporarily_unavailable", "{what}");
            (&body["error_description"], 2)
        }
    };
    let text = text.as_str().unwrap_or_else(|| panic!("{what}: {body}"));
    let is_health = route.name() == "GET health";
    assert!(
        text == TEXT || (is_health && text.starts_with(TEXT)),
        "{what}: {text}"
    );
    let found = body.as_object().map(serde_json::Map::len);
    assert_eq!(found, Some(members), "{what}: {body}");
    assert_eq!(response.retry_after(), Some(2), "{what}");
    assert_eq!(response.error_code(), Some(code), "{what}");
}

/// Checks a route. Its caller has no session, a session of the kind of this view, or is an OAuth client.
async fn check(app: App, route: Route, fault: InjectedFault, is_client: bool) {
    let caller = if is_client { "client" } else { "user" };
    let what = format!(
        "{} with {fault:?}, {:?}, {caller}",
        route.name(),
        app.kind()
    );
    let mut request = Prepared::new(&app, route).await;
    if is_client {
        request.call_as_client().await;
    }
    let user = request.user.clone();
    if route.name() == "GET health" {
        // The isolate keeps a result for five seconds, so each request has a separate time.
        static LAST: AtomicI64 = AtomicI64::new(0);
        let seconds = LAST.fetch_add(1_000, Ordering::Relaxed) + 1_000;
        request.app.shift_clock(seconds).await;
    }
    fault.begin(&request.app, user.as_deref()).await;
    let before = match &user {
        Some(user) => stored(&request.app, user).await,
        None => Value::Null,
    };
    let response = request.send().await;
    let expected = fault.status(&route);
    assert_eq!(response.status, expected, "{what}: {}", response.text());
    if response.status == served(&route) {
        return;
    }
    assert_unavailable(&response, &route, "storage_unavailable", &what);
    // A refresh takes effect and can be repeated; every other failed request has no effect.
    let takes_effect = route.name() == "POST refresh" && fault == InjectedFault::CorruptRow;
    if let Some(user) = &user {
        let after = stored(&request.app, user).await;
        assert_eq!(after != before, takes_effect, "{what}: {before}\n{after}");
    }
    fault.end(&request.app, user.as_deref()).await;
    let response = request.send_again(fault).await;
    let text = response.text();
    let expected = served(&route);
    assert_eq!(response.status, expected, "{what}, afterwards: {text}");
}

const FAILURES: [InjectedFault; 7] = [
    InjectedFault::D1Fails,
    InjectedFault::D1Constraint,
    InjectedFault::D1FailsLater,
    InjectedFault::CorruptRow,
    InjectedFault::KvFails,
    InjectedFault::KvReadsStale,
    InjectedFault::KvThrottlesWrites,
];

const HANGS: [InjectedFault; 2] = [InjectedFault::D1Hangs, InjectedFault::KvHangs];

/// Maximum number of checks at the same time, without those for cookies and OAuth clients. With many more, or on a busy machine,
/// the runtime closes connections of the tests without a response.
const SIMULTANEOUS_CHECKS: usize = 10;

/// Runs the checks, several at the same time, each with its own user.
async fn check_all(checks: Vec<(InjectedFault, Route)>) {
    let app = App::isolated(vars());
    // The audit log has a head.
    app.seed_users(1, "user", 1).await;
    app.scheduled(CRON).await;
    for some in checks.chunks(SIMULTANEOUS_CHECKS) {
        let mut checks = JoinSet::new();
        for (fault, route) in some {
            checks.spawn(check(app.clone(), *route, *fault, false));
            // A client has no row of its own, and its lists would contain the rows of the other checks.
            if route.scope().is_some() && *fault != InjectedFault::CorruptRow {
                checks.spawn(check(app.clone(), *route, *fault, true));
            }
            if route.takes_cookie() {
                let app = app.with_sessions(SessionKind::Cookie);
                checks.spawn(check(app, *route, *fault, false));
            }
        }
        checks.join_all().await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn route_has_its_status_while_a_store_fails_and_works_afterwards() {
    let routes = routes::all();
    let mut checks = Cases::All.pairs(&FAILURES[..1], &routes);
    checks.extend(Cases::of_this_run().pairs(&FAILURES[1..], &routes));
    check_all(checks).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn route_has_its_status_while_a_store_hangs_and_works_afterwards() {
    check_all(Cases::of_this_run().pairs(&HANGS, &routes::all())).await;
}

/// Each configuration error by itself. `configuration` checks its line in the log.
async fn check_without_secrets(cases: Cases) {
    let short = "c2hvcnQ=";
    let configurations = [
        Vars::new().without("JWT_SECRET"),
        Vars::new().set("JWT_SECRET", "one byte less than 32 bytes long"[1..].trim()),
        Vars::new()
            .without("PASSWORD_PEPPER")
            .set("HANDLE_KEY", short),
        Vars::new().without("HANDLE_KEY").set("AUDIT_KEY", short),
        Vars::new()
            .without("AUDIT_KEY")
            .set("PASSWORD_PEPPER", short),
    ];
    let numbers: Vec<usize> = (0..configurations.len()).collect();
    let pairs = cases.pairs(&routes::all(), &numbers);
    for (number, vars) in configurations.into_iter().enumerate() {
        let app = App::isolated(vars);
        for (route, _) in pairs.iter().filter(|(_, other)| *other == number) {
            let request = route.request(&app.with_token("a.b.c"));
            let response = request.json(&json!({})).await;
            let what = route.name();
            assert_eq!(response.status, 503, "{what}");
            assert_unavailable(&response, route, "misconfigured", &what);
            assert!(response.recorded().await.calls.is_empty(), "{what}");
        }
        // A path without a route needs no configuration.
        app.get("/api/auth/nothing").await.assert_status(404);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn route_returns_503_without_a_secret_or_with_a_short_one() {
    check_without_secrets(Cases::of_this_run()).await;
}
