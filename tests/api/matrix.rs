//! Every trouble with a store or a secret, times every route of the router: the status that the route has for it, in its
//! own envelope; nothing half done; and an answer to the next request. A route that is added does not compile here until
//! it has its row.

use crate::aws::{AWS_LOGIN, Device, SIMULATOR, portal, proof, somebody};
use crate::sessions::{record_id, validate};
use crate::support::minted::CROWD_PASSWORD;
use crate::support::{App, Fault, Reply, Vars};
use aws_simulator::{ACCOUNT, Credentials};
use edge_auth::crypto::fingerprint::fingerprint;
use edge_auth::http::error::ErrorFormat;
use edge_auth::http::request::Method;
use edge_auth::http::route::Route;
use edge_auth::router::ROUTES;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use tokio::task::JoinSet;

const NEW: &str = "four unlikely words in a row";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    D1Fails,
    D1Hangs,
    /// D1 refuses what breaks a rule of a table.
    D1Constraint,
    /// D1 answers the first call of the request and no other.
    D1FailsLater,
    /// The person's row breaks our rules.
    CorruptRow,
    KvThrows,
    KvHangs,
    KvStale,
    /// KV refuses every write with 429.
    KvThrottles,
}

/// What a route needs of its stores.
struct Needs {
    /// Calls of D1 before the reply, as far as there are more than two of them.
    d1: usize,
    /// A read of KV that nothing can stand in for.
    kv: bool,
    /// The person's row is read.
    person: bool,
}

/// The table, for a session whose copy is in KV and a person who has been here before.
fn needs(path: &str) -> Needs {
    let (d1, kv, person) = match path {
        // A copy answers the first two.
        "/api/auth/validate"
        | "/api/auth/me"
        | "/api/auth/openapi.json"
        | "/api/auth/register-client"
        | "/api/auth/device-authorization" => (0, false, false),
        "/api/auth/health" => (1, true, false),
        // Whoever it belongs to, it ends.
        "/api/auth/logout" => (1, false, false),
        "/api/auth/refresh" => (1, false, true),
        // Of the person only what a password may not be made of.
        "/api/auth/set-password" => (2, false, false),
        // The head of the log is in KV.
        "/api/auth/audit/verify" => (2, true, true),
        "/api/auth/audit"
        | "/api/auth/aws-credentials"
        | "/api/auth/aws-login"
        | "/api/auth/change-password"
        | "/api/auth/sessions/{id}"
        | "/api/auth/login"
        | "/api/auth/logout-all"
        | "/api/auth/nvidia-credentials"
        | "/api/auth/sessions"
        | "/api/auth/token" => (2, false, true),
        path => panic!("no row for {path}"),
    };
    Needs { d1, kv, person }
}

impl Trouble {
    /// The status that a route has in this trouble.
    fn status(self, path: &str) -> u16 {
        let needs = needs(path);
        let is_out = match self {
            Self::D1Fails | Self::D1Hangs | Self::D1Constraint => needs.d1 > 0,
            Self::D1FailsLater => needs.d1 > 1,
            Self::CorruptRow => needs.person,
            Self::KvThrows | Self::KvHangs => needs.kv,
            Self::KvStale | Self::KvThrottles => false,
        };
        if is_out { 503 } else { 200 }
    }

    async fn begin(self, app: &App, person: Option<&str>) {
        let fault = match self {
            Self::D1Fails => Fault::d1().fails(),
            Self::D1Hangs => Fault::d1().hangs(),
            Self::D1Constraint => Fault::d1()
                .fails_with("UNIQUE constraint failed: users.username: SQLITE_CONSTRAINT"),
            Self::D1FailsLater => Fault::d1().nth(2).fails(),
            Self::CorruptRow => return set_updated_at(app, person, "yesterday").await,
            Self::KvThrows => Fault::kv().fails(),
            Self::KvHangs => Fault::kv().hangs(),
            Self::KvStale => Fault::kv().ops(&["get"]).reads_stale(60),
            Self::KvThrottles => Fault::kv().ops(&["put"]).throttles(),
        };
        app.fault(fault).await;
    }

    async fn end(self, app: &App, person: Option<&str>) {
        app.mend_all().await;
        if self == Self::CorruptRow {
            set_updated_at(app, person, "2024-01-01T00:00:00Z").await;
        }
    }
}

/// Whose rows, by an id or by a name that AWS gave.
const WHOSE: &str =
    "SELECT id FROM users WHERE id = ?1 OR (source <> 'password' AND username = ?1)";

async fn set_updated_at(app: &App, person: Option<&str>, text: &str) {
    let sql = format!("UPDATE users SET updated_at = ?2 WHERE id IN ({WHOSE}) RETURNING id");
    if let Some(person) = person {
        assert_eq!(app.sql(&sql, [person, text]).await.len(), 1);
    }
}

/// Everything that D1 keeps of a person, but for the attempts that are counted before they are made.
async fn state(app: &App, person: &str) -> Value {
    let sql = format!(
        "SELECT
           (SELECT json_group_array(json_array(role, is_active, password_hash, updated_at, last_login))
            FROM users WHERE id IN ({WHOSE})) AS people,
           (SELECT json_group_array(json_array(id, generation, revoked_at))
            FROM sessions WHERE user_id IN ({WHOSE})) AS sessions,
           (SELECT json_group_array(used_by) FROM password_links WHERE user_id IN ({WHOSE})) AS links,
           (SELECT count(*) FROM audit WHERE subject IN ({WHOSE})) AS entries"
    );
    app.sql(&sql, [person]).await.remove(0)
}

/// A request that is answered with 200 when nothing is wrong.
struct Prepared {
    app: App,
    route: &'static Route,
    path: String,
    token: Option<String>,
    body: Option<Value>,
    device: Option<Device>,
    keys: Option<Credentials>,
    /// An id, or a name that AWS gave.
    person: Option<String>,
}

/// Roles that may sign in by a proof: `Matrix0` to `Matrix39`, a person each.
const ROLES: u32 = 40;

fn vars() -> Vars {
    let arns: Vec<String> = (0..ROLES)
        .map(|number| format!("arn:aws:sts::{ACCOUNT}:assumed-role/Matrix{number}/*=user"))
        .collect();
    portal(&SIMULATOR)
        .set("AWS_LOGIN_ARNS", &arns.join(","))
        // For the credentials pages.
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set("AWS_SECRET_ACCESS_KEY", "a-secret-access-key-of-the-tests")
        .set("NVIDIA_API_KEY", "nvapi-a-key-of-the-tests")
}

impl Prepared {
    async fn new(app: &App, route: &'static Route) -> Self {
        static LAST_ROLE: AtomicU32 = AtomicU32::new(0);
        let app = app.beside();
        let mut it = Self {
            path: route.path.to_owned(),
            app,
            route,
            token: None,
            body: None,
            device: None,
            keys: None,
            person: None,
        };
        match route.path {
            "/api/auth/health" | "/api/auth/openapi.json" | "/api/auth/register-client" => {}
            "/api/auth/audit"
            | "/api/auth/audit/verify"
            | "/api/auth/aws-credentials"
            | "/api/auth/nvidia-credentials" => drop(it.member("super_admin").await),
            "/api/auth/logout"
            | "/api/auth/logout-all"
            | "/api/auth/me"
            | "/api/auth/refresh"
            | "/api/auth/sessions"
            | "/api/auth/validate" => drop(it.member("user").await),
            "/api/auth/sessions/{id}" => {
                let member = it.member("user").await;
                it.path = route.path.replace("{id}", &record_id(&member.tokens[1]));
            }
            "/api/auth/login" => {
                let member = it.member("user").await;
                it.token = None;
                it.body = Some(json!({ "username": member.username, "password": CROWD_PASSWORD }));
            }
            "/api/auth/change-password" => {
                it.member("user").await;
                it.body = Some(json!({ "current_password": CROWD_PASSWORD, "new_password": NEW }));
            }
            "/api/auth/set-password" => {
                let member = it.member("user").await;
                it.token = None;
                let secret = format!("the secret of the link of {}", member.id);
                let sql = "INSERT INTO password_links (id, user_id, created_at, expires_at) \
                           VALUES (?1, ?2, '2026-01-01T00:00:00Z', '2999-01-01T00:00:00Z')";
                it.app.sql(sql, [fingerprint(&secret), member.id]).await;
                it.body = Some(json!({ "token": secret, "password": NEW }));
            }
            "/api/auth/device-authorization" => {
                let client = it.app.register_client().await;
                it.body = Some(json!({ "client_id": client.id, "client_secret": client.secret }));
            }
            "/api/auth/token" => {
                let person = somebody(&it.app, "ada");
                it.app.arrive(&person).await.assert_status(200);
                it.person = Some(person.user_name);
                it.begin_device_flow().await;
            }
            "/api/auth/aws-login" => {
                let role = format!(
                    "Matrix{}",
                    LAST_ROLE.fetch_add(1, Ordering::Relaxed) % ROLES
                );
                it.keys = Some(proof::session(&role));
                it.send().await.assert_status(200);
                it.person = Some(role);
            }
            path => panic!("no row for {path}"),
        }
        it
    }

    /// Somebody with two sessions, of which the first is shown; its copy is in KV since two minutes.
    async fn member(&mut self, role: &str) -> crate::support::minted::Member {
        let member = self.app.crowd(1, role, 2).await.remove(0);
        self.token = Some(member.tokens[0].clone());
        self.person = Some(member.id.clone());
        validate(&self.app, &member.tokens[0])
            .await
            .assert_status(200)
            .seen()
            .await;
        self.app.shift_clock(120).await;
        member
    }

    async fn begin_device_flow(&mut self) {
        let device = self.app.device().await;
        SIMULATOR
            .approve(&device.user_code, self.person.as_deref().expect("a person"))
            .expect("approved");
        self.body = Some(device.body());
        self.device = Some(device);
    }

    async fn send(&self) -> Reply {
        // A proof signs in once, so each is signed at a moment of its own.
        static MOMENT: AtomicI64 = AtomicI64::new(0);
        let method = match self.route.method {
            Method::Get => "GET",
            Method::Delete => "DELETE",
            _ => "POST",
        };
        let mut request = self
            .app
            .request(method, &self.path)
            .header("prefer", "wait=0");
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        if let Some(keys) = &self.keys {
            assert_eq!(self.path, AWS_LOGIN);
            let moment = proof::now() - 300 + MOMENT.fetch_add(1, Ordering::Relaxed);
            let url = SIMULATOR.url();
            request = request.json(&proof::signed(
                keys,
                url,
                "us-east-1",
                proof::AUDIENCE,
                moment,
            ));
        } else if let Some(body) = &self.body {
            request = request.json(body);
        }
        request.send().await
    }

    /// What a client does after a 503: the same again.
    async fn send_again(&mut self, trouble: Trouble) -> Reply {
        match self.route.path {
            // The attempt was counted as a failure, as it must be.
            "/api/auth/login" | "/api/auth/change-password" => self.app.calm_down().await,
            // The isolate keeps the verdict for five seconds.
            "/api/auth/health" => self.app.shift_clock(self.app.clock() + 10).await,
            // AWS gives its token once; what became of it D1 could not be told.
            "/api/auth/token" if matches!(trouble, Trouble::D1FailsLater | Trouble::CorruptRow) => {
                self.begin_device_flow().await;
            }
            _ => {}
        }
        self.send().await
    }
}

/// The one 503, in the envelope of its route.
fn assert_out(reply: &Reply, route: &Route, code: &str, what: &str) {
    let text = "Service temporarily unavailable";
    let body = reply.json();
    let said = match route.error_format {
        ErrorFormat::Message => {
            assert_eq!(body["success"], false, "{what}");
            &body["message"]
        }
        ErrorFormat::Detail => &body["detail"],
    };
    let said = said.as_str().unwrap_or_else(|| panic!("{what}: {body}"));
    let is_health = route.path == "/api/auth/health";
    assert!(
        said == text || (is_health && said.starts_with(text)),
        "{what}: {said}"
    );
    assert_eq!(
        body.as_object().map(serde_json::Map::len),
        Some(match route.error_format {
            ErrorFormat::Message => 2,
            ErrorFormat::Detail => 1,
        })
    );
    assert_eq!(reply.header("retry-after"), Some("2"), "{what}");
    assert_eq!(reply.header("edge-auth-error"), Some(code), "{what}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
}

async fn one(app: App, route: &'static Route, trouble: Trouble) {
    let what = format!("{:?} in {trouble:?}", route.path);
    let mut request = Prepared::new(&app, route).await;
    let person = request.person.clone();
    if route.path == "/api/auth/health" {
        // The isolate keeps a verdict for five seconds, so each has a time of its own.
        static LAST: AtomicI64 = AtomicI64::new(0);
        let seconds = LAST.fetch_add(1_000, Ordering::Relaxed) + 1_000;
        request.app.shift_clock(seconds).await;
    }
    trouble.begin(&request.app, person.as_deref()).await;
    let before = match &person {
        Some(person) => state(&app, person).await,
        None => Value::Null,
    };
    let reply = request.send().await;
    assert_eq!(
        reply.status,
        trouble.status(route.path),
        "{what}: {}",
        reply.text()
    );
    if reply.status == 200 {
        return;
    }
    assert_out(&reply, route, "storage_unavailable", &what);
    // A refresh is done and can be asked for again; everything else that failed has done nothing.
    let is_done = route.path == "/api/auth/refresh" && trouble == Trouble::CorruptRow;
    if let Some(person) = &person {
        let after = state(&app, person).await;
        assert_eq!(after == before, !is_done, "{what}: {before}\n{after}");
    }
    trouble.end(&request.app, person.as_deref()).await;
    let reply = request.send_again(trouble).await;
    assert_eq!(reply.status, 200, "{what}, afterwards: {}", reply.text());
}

/// All routes at once, each with its own person.
async fn all_routes(troubles: &[Trouble]) {
    let app = App::alone(vars());
    // The log has a head.
    app.crowd(1, "user", 1).await;
    app.scheduled("*/10 * * * *").await;
    for trouble in troubles {
        let mut routes = JoinSet::new();
        for route in ROUTES {
            routes.spawn(one(app.clone(), route, *trouble));
        }
        routes.join_all().await;
    }
}

#[tokio::test]
async fn each_route_has_its_status_while_a_store_fails_and_answers_afterwards() {
    all_routes(&[
        Trouble::D1Fails,
        Trouble::D1Constraint,
        Trouble::D1FailsLater,
        Trouble::CorruptRow,
        Trouble::KvThrows,
        Trouble::KvStale,
        Trouble::KvThrottles,
    ])
    .await;
}

#[tokio::test]
async fn each_route_has_its_status_while_a_store_is_silent_and_answers_afterwards() {
    all_routes(&[Trouble::D1Hangs, Trouble::KvHangs]).await;
}

/// Each mistake by itself and its line in the log: `configuration`.
#[tokio::test]
async fn without_a_secret_or_with_a_short_one_each_route_is_out() {
    let short = "c2hvcnQ=";
    for vars in [
        Vars::new().without("JWT_SECRET"),
        Vars::new().set("JWT_SECRET", "one byte less than 32 bytes long"[1..].trim()),
        Vars::new()
            .without("PASSWORD_PEPPER")
            .set("HANDLE_KEY", short),
        Vars::new().without("HANDLE_KEY").set("AUDIT_KEY", short),
        Vars::new()
            .without("AUDIT_KEY")
            .set("PASSWORD_PEPPER", short),
    ] {
        let app = App::alone(vars);
        for route in ROUTES {
            let method = match route.method {
                Method::Get => "GET",
                Method::Delete => "DELETE",
                _ => "POST",
            };
            let path = route.path.replace("{id}", &"0".repeat(64));
            let reply = app
                .request(method, &path)
                .bearer("a.b.c")
                .json(&json!({}))
                .send()
                .await;
            let what = format!("{:?}", route.path);
            assert_eq!(reply.status, 503, "{what}");
            assert_out(&reply, route, "misconfigured", &what);
            assert!(reply.seen().await.calls.is_empty(), "{what}");
        }
        // What is nobody's route needs no configuration.
        app.get("/api/auth/nowhere").send().await.assert_status(404);
    }
}
