//! Servers: one workerd process each, with its own storage and variables. Tests with the same variables share one.

use super::miniflare;
use super::vars::Vars;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

/// A running Worker.
pub struct Server {
    id: u64,
    /// As the Worker gets them, so without `{PORT}`.
    pub vars: Vars,
    address: RwLock<Address>,
    is_shared: bool,
    /// The folder in which Miniflare writes messages.
    pub mail_folder: String,
    /// A cron event has no headers, so its name is set before it starts, and only one may run at a time.
    pub cron: tokio::sync::Mutex<()>,
}

/// Where a server listens, and the key to its control endpoint.
#[derive(Clone)]
pub struct Address {
    pub origin: String,
    pub key: String,
}

type Slot = Arc<Mutex<Option<Arc<Server>>>>;
static SHARED: LazyLock<Mutex<HashMap<Vars, Slot>>> = LazyLock::new(Mutex::default);

impl Server {
    /// The server that all tests with these variables share.
    pub fn shared(vars: Vars) -> Arc<Self> {
        let slot = SHARED
            .lock()
            .unwrap()
            .entry(vars.clone())
            .or_default()
            .clone();
        // A test that panics here must not fail the others.
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert_with(|| Arc::new(Self::start(vars, true, false)))
            .clone()
    }

    /// A server that no other test uses. It stops when it is dropped.
    pub fn isolated(vars: Vars) -> Arc<Self> {
        Arc::new(Self::start(vars, false, false))
    }

    /// Like [`Server::isolated`], without the lines of `src/entry.mjs` that make redirects of outbound requests manual.
    pub fn following_redirects(vars: Vars) -> Arc<Self> {
        Arc::new(Self::start(vars, false, true))
    }

    fn start(Vars(vars): Vars, is_shared: bool, follows_redirects: bool) -> Self {
        let vars = Value::from_iter(vars);
        let started = miniflare::call(
            "start",
            json!({ "vars": vars, "schema": schema(), "follows_redirects": follows_redirects }),
        );
        let vars = started["vars"].as_object().expect("variables").iter();
        let vars = vars.map(|(name, value)| (name.clone(), text(value)));
        Self {
            id: started["server"].as_u64().expect("a server id"),
            vars: Vars(vars.collect()),
            address: RwLock::new(address(&started)),
            is_shared,
            mail_folder: text(&started["files"]),
            cron: tokio::sync::Mutex::default(),
        }
    }

    pub fn address(&self) -> Address {
        self.address.read().unwrap().clone()
    }

    pub fn origin(&self) -> String {
        self.address().origin
    }

    /// Everything that the runtime printed since the start, as `(level, text)`: the Worker's log and uncaught errors.
    pub fn logs(&self) -> Vec<(String, String)> {
        let lines = miniflare::call("logs", json!({ "server": self.id }));
        let lines = lines.as_array().expect("a list of lines").iter();
        lines
            .map(|line| (text(&line["level"]), text(&line["message"])))
            .collect()
    }

    /// The plain text and the HTML of a message with this id, from the files that Miniflare wrote.
    pub fn mail(&self, id: &str) -> (String, String) {
        let files = miniflare::call("mail", json!({ "server": self.id, "message": id }));
        (text(&files["text"]), text(&files["html"]))
    }

    /// Sends SIGKILL to this server's workerd and returns when the process has ended.
    pub fn kill(&self) {
        assert!(!self.is_shared, "other tests use this server");
        miniflare::call("kill", json!({ "server": self.id }));
    }

    /// Starts workerd again with the same storage, address and variables.
    pub fn restart(&self) {
        assert!(!self.is_shared, "other tests use this server");
        *self.address.write().unwrap() =
            address(&miniflare::call("restart", json!({ "server": self.id })));
    }

    /// Like [`Server::restart`], with other variables. [`Server::vars`] stays as it was.
    pub fn restart_with(&self, vars: &Vars) {
        assert!(!self.is_shared, "other tests use this server");
        let restarted = miniflare::call("restart", json!({ "server": self.id, "vars": vars.0 }));
        *self.address.write().unwrap() = address(&restarted);
    }

    /// Starts a cron event without waiting for it, so that the server can be killed meanwhile.
    pub fn start_cron(&self, cron: &str) {
        drop(miniflare::post(
            "scheduled",
            json!({ "server": self.id, "cron": cron }),
        ));
    }

    /// Runs a cron event as the runtime does; returns its outcome, `ok` or `exception`.
    pub fn run_cron(&self, cron: &str) -> String {
        let result = miniflare::call("scheduled", json!({ "server": self.id, "cron": cron }));
        text(&result["outcome"])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without waiting. Shared servers are in a static and end with the Node process.
        drop(miniflare::post("stop", json!({ "server": self.id })));
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn address(started: &Value) -> Address {
    Address {
        origin: text(&started["url"]),
        key: text(&started["key"]),
    }
}

/// The migrations, oldest first.
fn schema() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let entries = std::fs::read_dir(directory).expect("the migrations");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let read = |file| std::fs::read_to_string(file).expect("a migration");
    files.iter().map(read).collect()
}
