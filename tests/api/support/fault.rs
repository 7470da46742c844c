//! Faults of D1, KV, R2 and e-mail that a test injects into its own requests. `worker/faults.mjs` carries them out.

use super::app::{App, eventually};
use serde_json::{Value, json};

/// The calls that a fault affects, and its effect on them.
#[derive(Clone)]
pub struct Fault(Value);

impl Fault {
    /// Calls of D1: `first`, `all`, `run`, `raw`, `batch`, `exec`.
    pub fn d1() -> Self {
        Self(json!({ "store": "d1" }))
    }

    /// Calls of KV: `get`, `put`, `delete`, `list`.
    pub fn kv() -> Self {
        Self(json!({ "store": "kv" }))
    }

    /// Reads of KV.
    pub fn kv_reads() -> Self {
        Self::kv().ops(&["get"])
    }

    /// Writes to KV.
    pub fn kv_writes() -> Self {
        Self::kv().ops(&["put"])
    }

    /// Calls of R2: `get`, `put`.
    pub fn r2() -> Self {
        Self(json!({ "store": "r2" }))
    }

    /// Messages that are sent.
    pub fn email() -> Self {
        Self(json!({ "store": "email" }))
    }

    fn ops(self, ops: &[&str]) -> Self {
        self.with("ops", json!(ops))
    }

    /// Only calls whose statement, key or subject this regular expression matches, ignoring case.
    pub fn matching(self, pattern: &str) -> Self {
        self.with("matches", json!(pattern))
    }

    /// Only from the nth such call on, counted from 1.
    pub fn nth(self, nth: u32) -> Self {
        self.with("nth", json!(nth))
    }

    /// Only this many calls; without it, all of them.
    pub fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// The call fails and has no effect.
    pub fn fails(self) -> Self {
        self.with("effect", json!("fail"))
    }

    /// Like [`Fault::fails`], with this error text of the store, such as `UNIQUE constraint failed: users.username`.
    pub fn fails_with(self, message: &str) -> Self {
        self.fails().with("message", json!(message))
    }

    /// KV's error for more than one write per second of a key.
    pub fn throttles(self) -> Self {
        self.fails_with("KV PUT failed: 429 Too Many Requests")
    }

    /// The call takes effect and then fails.
    pub fn loses_response(self) -> Self {
        self.with("effect", json!("lose_response"))
    }

    /// The call does not return. Once the fault is released or removed, it fails.
    pub fn hangs(self) -> Self {
        self.with("effect", json!("hang"))
    }

    /// The call waits until the fault is released or removed, and then proceeds.
    pub fn pauses(self) -> Self {
        self.with("effect", json!("pause"))
    }

    /// The call takes this much longer.
    pub fn delays(self, milliseconds: u32) -> Self {
        self.with("effect", json!("delay"))
            .with("milliseconds", json!(milliseconds))
    }

    /// KV reads return what they would have returned this many seconds ago by the test's clock.
    pub fn reads_stale(self, seconds: u32) -> Self {
        self.with("effect", json!("stale"))
            .with("seconds", json!(seconds))
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }
}

/// A fault that is in effect.
pub struct ActiveFault<'a> {
    app: &'a App,
    id: Value,
}

impl<'a> ActiveFault<'a> {
    pub(super) async fn inject(app: &'a App, fault: Fault) -> Self {
        let fields = json!({ "test": app.name(), "fault": fault.0 });
        let id = app.control("fault", fields).await;
        Self { app, id }
    }

    /// The number of calls that it has affected.
    pub async fn hits(&self) -> u64 {
        self.control("hits").await.as_u64().expect("a number")
    }

    /// Waits until it has affected this many calls.
    pub async fn wait_for_hits(&self, calls: u64) {
        eventually("the fault affects a call", async || {
            self.hits().await >= calls
        })
        .await;
    }

    /// Lets the held calls proceed, and holds no further calls.
    pub async fn release(&self) {
        self.control("release").await;
    }

    pub async fn remove(self) {
        self.control("remove").await;
    }

    async fn control(&self, op: &str) -> Value {
        let fields = json!({ "test": self.app.name(), "id": self.id });
        self.app.control(op, fields).await
    }
}
