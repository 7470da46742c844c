//! SIGKILL to the runtime in the middle of a load, twenty times: what was acknowledged is there, what was ended is dead.

use crate::audit::{CRON, verify};
use crate::aws::{Client, SIMULATOR, portal, somebody};
use crate::sessions::{record_id, validate};
use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Reply};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const KILLS: usize = 20;
/// Sessions of each round that are there to be refreshed and ended.
const SESSIONS: usize = 60;

/// For the load of one round to come under way: a runtime that has just been started is slow at first.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the service has acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Names of people who signed in for the first time.
    people: Vec<String>,
    /// Tokens of live sessions, and the generation that each is at.
    live: Vec<String>,
    /// Tokens of ended sessions.
    ended: Vec<String>,
    /// Ids of people whose one wrong password was refused.
    refused: Vec<String>,
}

/// The load of one round, until the runtime is gone.
struct Load {
    app: App,
    told: Arc<Mutex<Acknowledged>>,
    is_over: AtomicBool,
    replies: AtomicUsize,
}

impl Load {
    /// A reply of 200 or 401, or none: then nobody knows whether it was done.
    async fn ask(&self, request: crate::support::Request) -> Option<Reply> {
        let reply = request.try_send().await.ok()?;
        assert!([200, 401].contains(&reply.status), "{}", reply.text());
        self.replies.fetch_add(1, Ordering::Relaxed);
        Some(reply)
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Signs in and tries a wrong password, in turn.
    async fn passwords(self: Arc<Self>, people: Vec<Member>, lane: usize) {
        for (number, person) in people.iter().enumerate().take_while(|_| self.goes_on()) {
            let is_right = number.is_multiple_of(2);
            let password = if is_right { CROWD_PASSWORD } else { "wrong" };
            let body = json!({ "username": person.username, "password": password });
            let from = self.app.elsewhere(lane * 1_000 + number);
            let login = self.app.post("/api/auth/login").json(&body).from(&from);
            let Some(reply) = self.ask(login).await else {
                return;
            };
            let mut told = self.told.lock().unwrap();
            match reply.json()["token"].as_str() {
                Some(token) => told.live.push(token.to_owned()),
                None => told.refused.push(person.id.clone()),
            }
        }
    }

    /// Refreshes sessions and ends every other one.
    async fn sessions(self: Arc<Self>, tokens: Vec<String>) {
        for (number, token) in tokens.iter().enumerate().take_while(|_| self.goes_on()) {
            let refresh = self.app.post("/api/auth/refresh").bearer(token);
            let Some(reply) = self.ask(refresh).await else {
                return;
            };
            let next = reply.json()["access_token"]
                .as_str()
                .expect("a token")
                .to_owned();
            if number.is_multiple_of(2) {
                self.told.lock().unwrap().live.push(next);
                continue;
            }
            let logout = self.app.post("/api/auth/logout").bearer(&next);
            if self.ask(logout).await.is_none() {
                return;
            }
            self.told.lock().unwrap().ended.push(next);
        }
    }

    /// Signs somebody new in by AWS, again and again.
    async fn arrivals(self: Arc<Self>, client: Client) {
        while self.goes_on() {
            let person = somebody(&self.app, "new");
            let body = json!({ "client_id": client.id, "client_secret": client.secret });
            let authorize = self.app.post(crate::aws::AUTHORIZE).json(&body);
            let Some(reply) = self.ask(authorize).await else {
                return;
            };
            let reply = reply.json();
            let user_code = reply["user_code"].as_str().expect("a code");
            SIMULATOR
                .approve(user_code, &person.user_name)
                .expect("approved");
            let mut body = body;
            body["device_code"] = reply["device_code"].clone();
            let token = self.app.post(crate::aws::TOKEN).header("prefer", "wait=0");
            let Some(reply) = self.ask(token.json(&body)).await else {
                return;
            };
            let token = reply.json()["access_token"]
                .as_str()
                .expect("a token")
                .to_owned();
            let mut told = self.told.lock().unwrap();
            told.live.push(token);
            told.people.push(person.user_name);
        }
    }
}

async fn round(
    app: &App,
    told: &Arc<Mutex<Acknowledged>>,
    client: &Client,
    number: usize,
) -> usize {
    let load = Arc::new(Load {
        app: app.clone(),
        told: told.clone(),
        is_over: AtomicBool::new(false),
        replies: AtomicUsize::new(0),
    });
    let people = app.crowd(40, "user", 1).await;
    let mut tokens = app.crowd(1, "user", SESSIONS).await.remove(0).tokens;
    let others = tokens.split_off(SESSIONS / 2);
    let mut lanes = JoinSet::new();
    lanes.spawn(load.clone().passwords(people, number));
    lanes.spawn(load.clone().sessions(tokens));
    lanes.spawn(load.clone().sessions(others));
    lanes.spawn(load.clone().arrivals(client.clone()));
    // Another moment of what is going on each time, and now and then in the midst of the sealing.
    let start = Instant::now();
    while load.replies.load(Ordering::Relaxed) < 24 + number && start.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(1 + number as u64)).await;
    }
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
    load.replies.load(Ordering::Relaxed)
}

/// How many of these the query does not find; they are `?1`, a JSON list.
async fn missing(app: &App, all: &[String], found: &str) -> Vec<Value> {
    let sql = format!("SELECT value FROM json_each(?1) WHERE value NOT IN ({found})");
    app.sql(&sql, [json!(all).to_string()]).await
}

async fn nothing_is_lost(app: &App, told: &Acknowledged) {
    let records = |tokens: &[String]| {
        tokens
            .iter()
            .map(|token| record_id(token))
            .collect::<Vec<_>>()
    };
    let (live, ended) = (records(&told.live), records(&told.ended));
    for (what, all, found) in [
        (
            "users",
            &told.people,
            "SELECT username FROM users WHERE source <> 'password'",
        ),
        (
            "live sessions",
            &live,
            "SELECT id FROM sessions WHERE revoked_at IS NULL",
        ),
        (
            "ended sessions",
            &ended,
            "SELECT id FROM sessions WHERE revoked_at IS NOT NULL",
        ),
        (
            "ends in the log",
            &ended,
            "SELECT session FROM audit WHERE kind = 'sign_out'",
        ),
        (
            "failures in the log",
            &told.refused,
            "SELECT subject FROM audit WHERE kind = 'sign_in_failed' AND subject IS NOT NULL",
        ),
    ] {
        let lost = missing(app, all, found).await;
        assert!(lost.is_empty(), "{what}: {lost:?}");
    }
    let sql = "SELECT count(*) AS n, max(number) AS last FROM audit";
    let numbers = app.sql(sql, [0; 0]).await.remove(0);
    assert_eq!(numbers["n"], numbers["last"], "a gap");
    // A session and its entry are one.
    let sql = "SELECT count(*) AS n FROM sessions JOIN users ON users.id = user_id WHERE source <> 'password' \
               AND NOT EXISTS (SELECT 1 FROM audit WHERE kind = 'sign_in' AND session = sessions.id)";
    assert_eq!(app.sql(sql, [0; 0]).await[0]["n"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_twenty_kills() {
    let app = App::alone(portal(&SIMULATOR).set("SESSION_CONSISTENCY", "strict"));
    let auditor = app.crowd(1, "super_admin", 1).await.remove(0);
    let client = app.register_client().await;
    let told = Arc::<Mutex<Acknowledged>>::default();
    let mut replies = 0;
    for number in 0..KILLS {
        replies += round(&app, &told, &client, number).await;
        let so_far = std::mem::take(&mut *told.lock().unwrap());
        nothing_is_lost(&app, &so_far).await;
        for (tokens, status) in [(&so_far.live, 200), (&so_far.ended, 401)] {
            for token in tokens.iter().rev().take(3) {
                validate(&app, token).await.assert_status(status);
            }
        }
        let mut told = told.lock().unwrap();
        *told = so_far;
    }
    let all = std::mem::take(&mut *told.lock().unwrap());
    println!(
        "{replies} replies: {} people, {} live sessions, {} ended, {} refused",
        all.people.len(),
        all.live.len(),
        all.ended.len(),
        all.refused.len()
    );
    for list in [&all.people, &all.live, &all.ended, &all.refused] {
        assert!(list.len() >= KILLS / 2, "too little was under way");
    }
    app.scheduled(CRON).await;
    for page in verify(&app, &auditor.tokens[0]).await {
        assert!(page["failure"].is_null(), "{page}");
    }
}
