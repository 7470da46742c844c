//! Acknowledged changes survive a kill of the runtime (SIGKILL) during load: nothing is lost, and what was revoked stays
//! revoked.

use crate::support::audit::CRON;
use crate::support::aws::{Client, Device, SIMULATOR, add_directory_user, portal};
use crate::support::{App, Caller, Request, Response, STRICT, SeededUser, eventually, var};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Sessions of each round that are refreshed and revoked.
const SESSIONS: usize = 60;

/// The changes that the service has acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Names of users who signed in for the first time.
    users: Vec<String>,
    /// Live sessions.
    live: Vec<Caller>,
    /// Revoked sessions.
    revoked: Vec<Caller>,
    /// Ids of users with a failed sign-in.
    failed: Vec<String>,
}

/// The load of one round, until the runtime is killed.
struct Load {
    app: App,
    acknowledged: Arc<Mutex<Acknowledged>>,
    is_over: AtomicBool,
    responses: AtomicUsize,
}

impl Load {
    /// A response with status 200 or 401. Without a response, the effect is unknown.
    async fn send(&self, request: Request) -> Option<Response> {
        let response = request.try_send().await.ok()?;
        assert!([200, 401].contains(&response.status), "{}", response.text());
        self.responses.fetch_add(1, Ordering::Relaxed);
        Some(response)
    }

    fn is_running(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Signs in with the right and a wrong password in turn.
    async fn sign_in(self: Arc<Self>, users: Vec<SeededUser>, lane: usize) {
        for (number, user) in users.iter().enumerate().take_while(|_| self.is_running()) {
            let is_right = number.is_multiple_of(2);
            let login = if is_right { user.login() } else { user.guess() };
            let ip = self.app.other_ip(lane * 1_000 + number);
            let Some(response) = self.send(login.client_ip(&ip)).await else {
                return;
            };
            let mut acknowledged = self.acknowledged.lock().unwrap();
            if response.status == 200 {
                acknowledged.live.push(response.session());
            } else {
                acknowledged.failed.push(user.id.clone());
            }
        }
    }

    /// Refreshes sessions and revokes every other one.
    async fn refresh(self: Arc<Self>, sessions: Vec<Caller>) {
        for (number, session) in sessions
            .iter()
            .enumerate()
            .take_while(|_| self.is_running())
        {
            let Some(response) = self.send(session.refresh()).await else {
                return;
            };
            let refreshed = response.session();
            if number.is_multiple_of(2) {
                self.acknowledged.lock().unwrap().live.push(refreshed);
                continue;
            }
            if self.send(refreshed.logout()).await.is_none() {
                return;
            }
            self.acknowledged.lock().unwrap().revoked.push(refreshed);
        }
    }

    /// Signs new users in with AWS.
    async fn sign_in_new_users(self: Arc<Self>, client: Client) {
        while self.is_running() {
            let directory_user = add_directory_user(&self.app, "new");
            let authorize = self.app.anonymous().authorize_device(&client.body());
            let Some(response) = self.send(authorize).await else {
                return;
            };
            let device = Device::of(client.clone(), &response);
            device.approve(&directory_user);
            let token = self.app.token_preferring(&device, "wait=0");
            let Some(response) = self.send(token).await else {
                return;
            };
            let mut acknowledged = self.acknowledged.lock().unwrap();
            acknowledged.live.push(response.session());
            acknowledged.users.push(directory_user.user_name);
        }
    }
}

/// One round of load, a kill and a restart.
async fn kill_under_load(
    app: &App,
    acknowledged: &Arc<Mutex<Acknowledged>>,
    client: &Client,
    number: usize,
) {
    let load = Arc::new(Load {
        app: app.clone(),
        acknowledged: acknowledged.clone(),
        is_over: AtomicBool::new(false),
        responses: AtomicUsize::new(0),
    });
    let users = app.seed_users_with_password(40, "user", 1).await;
    let mut sessions = app.seed_user("user", SESSIONS).await.sessions;
    let others = sessions.split_off(SESSIONS / 2);
    let mut lanes = JoinSet::new();
    lanes.spawn(load.clone().sign_in(users, number));
    lanes.spawn(load.clone().refresh(sessions));
    lanes.spawn(load.clone().refresh(others));
    lanes.spawn(load.clone().sign_in_new_users(client.clone()));
    // The kill comes at a different time in each round, and in every third round during the cron event.
    let expected = 24 + number;
    eventually("the load is under way", async || {
        load.responses.load(Ordering::Relaxed) >= expected
    })
    .await;
    if number.is_multiple_of(3) {
        app.server().start_cron(CRON);
    }
    let server = app.clone();
    tokio::task::spawn_blocking(move || server.server().kill())
        .await
        .expect("killed");
    load.is_over.store(true, Ordering::Relaxed);
    lanes.join_all().await;
    let server = app.clone();
    tokio::task::spawn_blocking(move || server.server().restart())
        .await
        .expect("restarted");
}

/// The values that the query does not find.
async fn missing(app: &App, values: &[String], query: &str) -> Vec<Value> {
    let sql = format!("SELECT value FROM json_each(?1) WHERE value NOT IN ({query})");
    app.sql(&sql, [json!(values).to_string()]).await
}

async fn assert_nothing_is_lost(app: &App, acknowledged: &Acknowledged) {
    let ids = |sessions: &[Caller]| sessions.iter().map(Caller::session_id).collect::<Vec<_>>();
    let (live, revoked) = (ids(&acknowledged.live), ids(&acknowledged.revoked));
    for (what, values, query) in [
        (
            "users",
            &acknowledged.users,
            "SELECT username FROM users WHERE source <> 'password'",
        ),
        (
            "live sessions",
            &live,
            "SELECT id FROM sessions WHERE revoked_at IS NULL",
        ),
        (
            "revoked sessions",
            &revoked,
            "SELECT id FROM sessions WHERE revoked_at IS NOT NULL",
        ),
        (
            "audit entries of sign-outs",
            &revoked,
            "SELECT session FROM audit WHERE kind = 'sign_out'",
        ),
        (
            "audit entries of failed sign-ins",
            &acknowledged.failed,
            "SELECT subject FROM audit WHERE kind = 'sign_in_failed' AND subject IS NOT NULL",
        ),
    ] {
        let lost = missing(app, values, query).await;
        assert!(lost.is_empty(), "lost {what}: {lost:?}");
    }
    let sql = "SELECT count(*) AS n, max(number) AS last FROM audit";
    let numbers = app.run_sql(sql).await.remove(0);
    assert_eq!(numbers["n"], numbers["last"], "a gap in the audit log");
    // A session and its audit entry are written together.
    let sql = "SELECT count(*) AS n FROM sessions JOIN users ON users.id = user_id WHERE source <> 'password' \
               AND NOT EXISTS (SELECT 1 FROM audit WHERE kind = 'sign_in' AND session = sessions.id)";
    assert_eq!(app.run_sql(sql).await[0]["n"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow"]
async fn acknowledged_changes_survive_a_kill() {
    survive_kills(1).await;
}

/// Kills the runtime this many times.
pub async fn survive_kills(kills: usize) {
    let app = App::isolated(portal(&SIMULATOR).set(var::CONSISTENCY, STRICT));
    let auditor = app.seed_user("super_admin", 1).await;
    let client = app.registered_client().await;
    let acknowledged = Arc::<Mutex<Acknowledged>>::default();
    for number in 0..kills {
        kill_under_load(&app, &acknowledged, &client, number).await;
        let so_far = std::mem::take(&mut *acknowledged.lock().unwrap());
        assert_nothing_is_lost(&app, &so_far).await;
        for (sessions, status) in [(&so_far.live, 200), (&so_far.revoked, 401)] {
            for session in sessions.iter().rev().take(3) {
                session.validate().await.assert_status(status);
            }
        }
        *acknowledged.lock().unwrap() = so_far;
    }
    let all = std::mem::take(&mut *acknowledged.lock().unwrap());
    for (what, number) in [
        ("users", all.users.len()),
        ("live sessions", all.live.len()),
        ("revoked sessions", all.revoked.len()),
        ("failed sign-ins", all.failed.len()),
    ] {
        assert!(number >= kills / 2, "the load had only {number} {what}");
    }
    app.scheduled(CRON).await;
    for page in auditor.sessions[0].verify_whole_audit().await {
        assert!(page["failure"].is_null(), "{page}");
    }
}
