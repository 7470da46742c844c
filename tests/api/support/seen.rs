//! What one request did: its calls of D1 and KV, the rate limits that it asked and what it logged, deferred work included.

use serde_json::Value;

pub struct Seen {
    pub calls: Vec<Call>,
    /// The keys that a rate limit was asked about.
    pub limits: Vec<String>,
    /// Level and text of each line.
    pub logs: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Call {
    /// `d1` or `kv`.
    pub store: String,
    /// The method of the binding.
    pub op: String,
    /// The SQL of a D1 call; each statement of a batch.
    pub statements: Vec<String>,
    /// Rows that a batch has read, as D1 counts and bills them.
    pub rows: u64,
    /// Rows that the statement of a batch gave which gave most.
    pub given: u64,
    /// The key of a KV call.
    pub key: String,
}

impl Seen {
    pub fn read(seen: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let call = |call: &Value| Call {
            store: text(&call["store"]),
            op: text(&call["op"]),
            statements: list(&call["statements"]).iter().map(text).collect(),
            rows: call["rows"].as_u64().unwrap_or_default(),
            given: call["given"].as_u64().unwrap_or_default(),
            key: text(&call["key"]),
        };
        Self {
            calls: list(&seen["calls"]).iter().map(call).collect(),
            limits: list(&seen["limits"]).iter().map(text).collect(),
            logs: list(&seen["logs"])
                .iter()
                .map(|line| (text(&line["level"]), text(&line["text"])))
                .collect(),
        }
    }

    /// Calls of D1; a batch is one.
    pub fn d1(&self) -> usize {
        self.of("d1").count()
    }

    /// Rows read in D1.
    pub fn rows(&self) -> u64 {
        self.of("d1").map(|call| call.rows).sum()
    }

    /// Rows that D1 gave for one statement at most.
    pub fn given(&self) -> u64 {
        self.of("d1").map(|call| call.given).max().unwrap_or(0)
    }

    /// Statements sent to D1, those in batches included.
    pub fn statements(&self) -> Vec<&str> {
        self.of("d1")
            .flat_map(|call| &call.statements)
            .map(String::as_str)
            .collect()
    }

    /// Whether D1 was asked at most, and told nothing.
    pub fn has_only_reads(&self) -> bool {
        let statements = self.statements();
        let is_read = |sql: &&str| sql.trim_start().starts_with("SELECT");
        statements.iter().all(is_read)
    }

    /// Calls of KV by this name: `get`, `put`, `delete` or `list`.
    pub fn kv(&self, op: &str) -> usize {
        self.of("kv").filter(|call| call.op == op).count()
    }

    fn of(&self, store: &'static str) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.store == store)
    }
}
