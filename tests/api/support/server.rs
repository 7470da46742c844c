//! Servers: one workerd each, with its own storage and variables. Tests with the same variables share one.

use super::bridge;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, RwLock};

/// Variables and secrets of a server, beginning with a complete configuration. In a value, `{PORT}` stands for the port of
/// the server, which is chosen before the server starts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Vars(BTreeMap<String, String>);

/// `PASSWORD_PEPPER` of every server: base64 of [`PEPPER`].
const PEPPER_TEXT: &str = "cGVwcGVyIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMuLi4=";
pub const PEPPER: [u8; 32] = *b"pepper of the tests, 32 bytes...";

impl Vars {
    pub fn new() -> Self {
        let vars = [
            ("JWT_SECRET", "a secret of the tests, long enough for HS256"),
            ("JWT_ISSUER", "http://localhost:{PORT}"),
            ("JWT_AUDIENCE", "https://app.example.com"),
            ("TOKEN_LIFETIME", "86400"),
            ("PASSWORD_PEPPER", PEPPER_TEXT),
            ("HANDLE_KEY", "aGFuZGxlIGtleSBvZiB0ZXN0cywgMzIgYnl0ZXMuLi4="),
            ("AUDIT_KEY", "YXVkaXQga2V5IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM="),
            ("SESSION_CONSISTENCY", "cached"),
            ("SESSION_CACHE_TTL", "300"),
            ("ALLOWED_ORIGINS", "https://app.example.com"),
        ];
        Self(
            vars.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A running Worker.
pub struct Server {
    id: u64,
    /// As the Worker gets them, so without `{PORT}`.
    pub vars: Vars,
    door: RwLock<Door>,
    is_shared: bool,
    /// A cron event carries no header, so it is named beforehand, and only one may be on its way.
    pub cron: tokio::sync::Mutex<()>,
}

/// Where a server is, and the key to its control door.
#[derive(Clone)]
pub struct Door {
    pub origin: String,
    pub key: String,
}

type Shared = Arc<Mutex<Option<Arc<Server>>>>;
static SERVERS: LazyLock<Mutex<HashMap<Vars, Shared>>> = LazyLock::new(Mutex::default);

impl Server {
    /// The server that all tests with these variables share.
    pub fn shared(vars: Vars) -> Arc<Self> {
        let place = SERVERS
            .lock()
            .unwrap()
            .entry(vars.clone())
            .or_default()
            .clone();
        // A test that fails here must not take the others with it.
        let mut place = place
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        place
            .get_or_insert_with(|| Arc::new(Self::start(vars, true, false)))
            .clone()
    }

    /// A server of one's own; it stops when dropped.
    pub fn alone(vars: Vars) -> Arc<Self> {
        Arc::new(Self::start(vars, false, false))
    }

    /// As [`Server::alone`], without the lines of `src/entry.mjs` that make the redirects of outbound requests manual.
    pub fn following_redirects(vars: Vars) -> Arc<Self> {
        Arc::new(Self::start(vars, false, true))
    }

    fn start(Vars(vars): Vars, is_shared: bool, follows_redirects: bool) -> Self {
        let vars = Value::from_iter(vars);
        let started = bridge::call(
            "start",
            json!({ "vars": vars, "schema": schema(), "follows_redirects": follows_redirects }),
        );
        let id = started["server"].as_u64().expect("the server's number");
        let given = started["vars"].as_object().expect("variables").iter();
        let given = given.map(|(name, value)| {
            let value = value.as_str().expect("a text");
            (name.clone(), value.to_owned())
        });
        Self {
            id,
            vars: Vars(given.collect()),
            door: RwLock::new(door(&started)),
            is_shared,
            cron: tokio::sync::Mutex::default(),
        }
    }

    pub fn door(&self) -> Door {
        self.door.read().unwrap().clone()
    }

    /// Everything the runtime printed since the start: `(level, text)`, the Worker's log and uncaught errors alike.
    pub fn logs(&self) -> Vec<(String, String)> {
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let lines = bridge::call("logs", json!({ "server": self.id }));
        let lines = lines.as_array().expect("a list of lines");
        lines
            .iter()
            .map(|line| (text(line, "level"), text(line, "message")))
            .collect()
    }

    /// SIGKILL to this server's workerd. Returns when it is gone.
    pub fn kill(&self) {
        assert!(!self.is_shared, "other tests run on this server");
        bridge::call("kill", json!({ "server": self.id }));
    }

    /// Starts workerd anew on the same storage, address and variables.
    pub fn restart(&self) {
        assert!(!self.is_shared, "other tests run on this server");
        *self.door.write().unwrap() = door(&bridge::call("restart", json!({ "server": self.id })));
    }

    /// As [`Server::restart`], with other variables; [`Server::vars`] stay the first.
    pub fn restart_with(&self, vars: &Vars) {
        assert!(!self.is_shared, "other tests run on this server");
        let restarted = bridge::call("restart", json!({ "server": self.id, "vars": vars.0 }));
        *self.door.write().unwrap() = door(&restarted);
    }

    /// Starts the cron event and does not wait for it: the server may be killed meanwhile.
    pub fn start_cron(&self, cron: &str) {
        drop(bridge::post(
            "scheduled",
            json!({ "server": self.id, "cron": cron }),
        ));
    }

    /// Fires the cron event as the runtime does; returns its outcome, `ok` or `exception`.
    pub fn fire_cron(&self, cron: &str) -> String {
        let result = bridge::call("scheduled", json!({ "server": self.id, "cron": cron }));
        result["outcome"].as_str().expect("an outcome").to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Not waited for. Shared servers live in a static and end with the bridge.
        drop(bridge::post("stop", json!({ "server": self.id })));
    }
}

fn door(started: &Value) -> Door {
    let text = |name: &str| {
        started[name]
            .as_str()
            .expect("where the server is")
            .to_owned()
    };
    Door {
        origin: text("url"),
        key: text("key"),
    }
}

/// The migrations, oldest first.
fn schema() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}
