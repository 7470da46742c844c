//! What a test may have go wrong with its own calls of D1 and KV. `faults.mjs` does it.

use super::app::App;
use serde_json::{Value, json};

/// A fault in the making: which calls, then what happens to them.
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

    /// Only these calls.
    pub fn ops(self, ops: &[&str]) -> Self {
        self.with("ops", json!(ops))
    }

    /// Only calls with a statement or key that this regular expression finds, in either case.
    pub fn matching(self, pattern: &str) -> Self {
        self.with("matches", json!(pattern))
    }

    /// From the nth such call on, counting from 1.
    pub fn nth(self, nth: u32) -> Self {
        self.with("nth", json!(nth))
    }

    /// So many calls; all that follow by default.
    pub fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// The call fails, and nothing was done.
    pub fn fails(self) -> Self {
        self.with("effect", json!("fail"))
    }

    /// As [`Fault::fails`], with the store's own words, such as `UNIQUE constraint failed: users.username`.
    pub fn fails_with(self, message: &str) -> Self {
        self.fails().with("message", json!(message))
    }

    /// KV's answer to more than one write a second of a key.
    pub fn throttles(self) -> Self {
        self.fails_with("KV PUT failed: 429 Too Many Requests")
    }

    /// The call is done, and then fails.
    pub fn loses_reply(self) -> Self {
        self.with("effect", json!("lose_reply"))
    }

    /// The call never ends; released or mended, it fails.
    pub fn hangs(self) -> Self {
        self.with("effect", json!("hang"))
    }

    /// The call waits until released or mended, and is then done.
    pub fn pauses(self) -> Self {
        self.with("effect", json!("pause"))
    }

    /// The call takes so much longer.
    pub fn delays(self, milliseconds: u32) -> Self {
        self.with("effect", json!("delay"))
            .with("milliseconds", json!(milliseconds))
    }

    /// KV reads answer as they would have done so many seconds ago by the test's clock.
    pub fn reads_stale(self, seconds: u32) -> Self {
        self.with("effect", json!("stale"))
            .with("seconds", json!(seconds))
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }
}

/// A fault in force.
pub struct InForce<'a> {
    app: &'a App,
    id: Value,
}

impl<'a> InForce<'a> {
    pub async fn set(app: &'a App, fault: Fault) -> Self {
        let id = app
            .control("fault", json!({ "test": app.name(), "fault": fault.0 }))
            .await;
        Self { app, id }
    }

    /// How many calls it has hit.
    pub async fn hits(&self) -> u64 {
        self.tell("hits").await.as_u64().expect("a number")
    }

    /// Waits until it has hit so many calls.
    pub async fn has_hit(&self, calls: u64) {
        super::app::eventually("the fault hits", async || self.hits().await >= calls).await;
    }

    /// Lets the calls go that it holds; later ones are not held.
    pub async fn release(&self) {
        self.tell("release").await;
    }

    /// Takes it away.
    pub async fn mend(self) {
        self.tell("mend").await;
    }

    async fn tell(&self, op: &str) -> Value {
        self.app
            .control(op, json!({ "test": self.app.name(), "id": self.id }))
            .await
    }
}
