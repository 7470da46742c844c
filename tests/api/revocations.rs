//! An end that was acknowledged is the end: a thousand of each kind, each followed at once by requests with the tokens that
//! it ended, on every route that takes one. (What is
//! promised of the copies at the edge: `promise`.)

use crate::sessions::{logout, record_id, validate};
use crate::support::command_line::Recorded;
use crate::support::documented::DOCUMENT;
use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Vars};
use edge_auth::crypto::fingerprint::fingerprint;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

const NEW: &str = "four unlikely words in a row";

/// Every route that takes a token, by method and path, as the API's own description has them: one that is added is asked
/// as well. Without `/logout`, which answers 200 to whatever is shown.
fn routes() -> Vec<(String, String)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            if operation.get("security").is_some() && path != "/api/auth/logout" {
                routes.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    assert!(routes.len() >= 9, "{routes:?}");
    routes
}

/// Those on which no copy is believed.
fn granting_routes() -> Vec<(String, String)> {
    let mut routes = routes();
    routes.retain(|(_, path)| path != "/api/auth/validate" && path != "/api/auth/me");
    routes
}

/// Shows tokens to one route after another.
struct Probe {
    app: App,
    routes: Vec<(String, String)>,
    turn: AtomicUsize,
}

impl Probe {
    fn new(app: &App, routes: Vec<(String, String)>) -> Arc<Self> {
        let turn = AtomicUsize::new(0);
        let app = app.clone();
        Arc::new(Self { app, routes, turn })
    }

    /// Fails the test if the next so many routes do not all refuse the token.
    async fn assert_refused(&self, token: &str, times: usize) {
        for _ in 0..times {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let (method, path) = &self.routes[turn % self.routes.len()];
            let path = path.replace("{id}", &record_id(token));
            let reply = self.app.request(method, &path).bearer(token).send().await;
            reply.assert_status(401);
        }
    }

    /// So many requests have been made, and each route was asked as often as any other.
    fn has_asked(&self, at_least: usize) {
        let turns = self.turn.load(Ordering::Relaxed);
        assert!(turns >= at_least, "{turns}");
        assert!(turns > 10 * self.routes.len());
    }
}

/// How sessions end, without a hash of a password.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Logout,
    LogoutAll,
    Disable,
    Demote,
}

const ENDINGS: [Ending; 4] = [
    Ending::Logout,
    Ending::LogoutAll,
    Ending::Disable,
    Ending::Demote,
];

impl Ending {
    /// What the command line runs for it.
    async fn recorded(self, app: &App) -> Option<Recorded> {
        let first = app.crowd(1, "admin", 1).await.remove(0);
        match self {
            Self::Logout | Self::LogoutAll => None,
            Self::Disable => Some(app.record("disable", &first.id, &[]).await),
            Self::Demote => Some(app.record("set-role", &first.id, &["user"]).await),
        }
    }
}

/// Ends sessions of so many people in this way, several at once, and asks after each end.
async fn end_many(probe: &Arc<Probe>, ending: Ending, people: usize, asked: usize) {
    const AT_ONCE: usize = 8;
    let recorded = Arc::new(ending.recorded(&probe.app).await);
    let crowd = probe.app.crowd(people, "admin", 2).await;
    let mut running = JoinSet::new();
    for part in crowd.chunks(people.div_ceil(AT_ONCE)) {
        let (probe, recorded, part) = (probe.clone(), recorded.clone(), part.to_vec());
        running.spawn(async move {
            for (number, member) in part.iter().enumerate() {
                end_one(
                    &probe,
                    ending,
                    recorded.as_ref().as_ref(),
                    member,
                    number,
                    asked,
                )
                .await;
            }
        });
    }
    running.join_all().await;
}

async fn end_one(
    probe: &Probe,
    ending: Ending,
    recorded: Option<&Recorded>,
    member: &Member,
    number: usize,
    asked: usize,
) {
    let app = &probe.app;
    let [own, other] = [&member.tokens[0], &member.tokens[1]];
    // Now and then that there is something to end.
    if number.is_multiple_of(20) {
        validate(app, own).await.assert_status(200);
    }
    match ending {
        Ending::Logout => drop(logout(app, own).await.assert_status(200)),
        Ending::LogoutAll => {
            let all = app.post("/api/auth/logout-all").bearer(own).send().await;
            all.assert_status(200);
        }
        Ending::Disable | Ending::Demote => {
            let recorded = recorded.expect("what the command line runs");
            let ended = app.repeat(recorded, &member.id).await;
            let last = ended.as_array().and_then(|list| list.last());
            let ended = last.expect("a result")["results"].as_array();
            assert_eq!(ended.map(Vec::len), Some(2), "{ending:?}");
        }
    }
    let is_alone = ending == Ending::Logout;
    let old = if is_alone || number.is_multiple_of(2) {
        own
    } else {
        other
    };
    probe.assert_refused(old, asked).await;
    if is_alone && number.is_multiple_of(20) {
        validate(app, other).await.assert_status(200);
    }
}

#[tokio::test]
async fn of_a_thousand_ends_of_each_kind_none_is_late_in_strict_mode() {
    let app = App::alone(Vars::new().set("SESSION_CONSISTENCY", "strict"));
    for ending in ENDINGS {
        let probe = Probe::new(&app, routes());
        end_many(&probe, ending, 1_000, 2).await;
        probe.has_asked(2_000);
    }
}

#[tokio::test]
async fn at_the_edge_none_is_late_on_a_route_that_grants_something() {
    let app = App::alone(Vars::new());
    for ending in ENDINGS {
        let probe = Probe::new(&app, granting_routes());
        end_many(&probe, ending, 40, 7).await;
        probe.has_asked(280);
    }
}

/// A one-time link for somebody of a crowd.
async fn link(app: &App, member: &Member) -> String {
    let secret = format!("the secret of the link of {}", member.id);
    let sql =
        "INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?3)";
    let parameters = [
        fingerprint(&secret),
        member.id.clone(),
        "2999-01-01T00:00:00Z".into(),
    ];
    app.sql(sql, parameters).await;
    secret
}

/// So many new passwords, by the old one and by a link in turn, each of which ends `sessions` sessions.
async fn change_many(people: usize, sessions: usize) {
    // An isolate hashes four at a time, one of them of a sign-in on a known device, and refuses the next.
    const AT_ONCE: usize = 3;
    let app = App::alone(Vars::new().set("SESSION_CONSISTENCY", "strict"));
    let probe = Probe::new(&app, routes());
    let crowd = app.crowd(people, "user", sessions + 1).await;
    let mut running = JoinSet::new();
    for (lane, part) in crowd.chunks(people.div_ceil(AT_ONCE)).enumerate() {
        let (probe, part) = (probe.clone(), part.to_vec());
        running.spawn(async move {
            for (number, member) in part.iter().enumerate() {
                let from = probe.app.elsewhere(lane * 10_000 + number);
                let [own, ended @ ..] = member.tokens.as_slice() else {
                    panic!("no session");
                };
                if number.is_multiple_of(2) {
                    let body = json!({ "current_password": CROWD_PASSWORD, "new_password": NEW });
                    let change = probe.app.post("/api/auth/change-password").bearer(own);
                    change
                        .json(&body)
                        .from(&from)
                        .send()
                        .await
                        .assert_status(200);
                    validate(&probe.app, own).await.assert_status(200);
                } else {
                    let body = json!({ "token": link(&probe.app, member).await, "password": NEW });
                    let set = probe.app.post("/api/auth/set-password").json(&body);
                    set.from(&from).send().await.assert_status(200);
                    probe.assert_refused(own, 1).await;
                }
                for token in ended {
                    probe.assert_refused(token, 1).await;
                }
            }
        });
    }
    running.join_all().await;
    probe.has_asked(people * sessions);
}

#[tokio::test]
async fn a_thousand_sessions_end_with_a_hundred_passwords() {
    change_many(100, 10).await;
}

/// Two hashes each: a minute and more. `cargo test --test api a_thousand_passwords -- --ignored`
#[tokio::test]
#[ignore = "takes a minute; the same with a hundred passwords is above"]
async fn a_thousand_passwords_are_changed_and_no_session_outlives_one() {
    change_many(1_000, 3).await;
}
