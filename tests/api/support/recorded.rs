//! The actions of one request, including deferred work: its calls to D1 and KV, its rate-limit keys, and its log lines.

use serde_json::Value;

pub struct RecordedCalls {
    pub calls: Vec<Call>,
    /// The keys for which a rate-limit binding was called.
    pub rate_limit_keys: Vec<String>,
    /// Level and text of each line.
    pub logs: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Call {
    /// `d1` or `kv`.
    pub store: String,
    /// The method of the binding.
    pub op: String,
    /// The SQL of a call to D1; each statement of a batch.
    pub statements: Vec<String>,
    /// Rows that a batch read, as D1 counts and bills them.
    pub rows_read: u64,
    /// The most rows that one statement of a batch returned.
    pub rows_returned: u64,
    /// The key of a call to KV.
    pub key: String,
}

impl RecordedCalls {
    pub(super) fn parse(recorded: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let call = |call: &Value| Call {
            store: text(&call["store"]),
            op: text(&call["op"]),
            statements: list(&call["statements"]).iter().map(text).collect(),
            rows_read: call["rowsRead"].as_u64().unwrap_or_default(),
            rows_returned: call["rowsReturned"].as_u64().unwrap_or_default(),
            key: text(&call["key"]),
        };
        Self {
            calls: list(&recorded["calls"]).iter().map(call).collect(),
            rate_limit_keys: list(&recorded["rateLimitKeys"]).iter().map(text).collect(),
            logs: list(&recorded["logs"])
                .iter()
                .map(|line| (text(&line["level"]), text(&line["text"])))
                .collect(),
        }
    }

    /// The number of calls to D1; a batch is one.
    pub fn d1(&self) -> usize {
        self.of("d1").count()
    }

    /// The number of rows read in D1.
    pub fn rows_read(&self) -> u64 {
        self.of("d1").map(|call| call.rows_read).sum()
    }

    /// The most rows that D1 returned for one statement.
    pub fn rows_returned(&self) -> u64 {
        self.of("d1")
            .map(|call| call.rows_returned)
            .max()
            .unwrap_or(0)
    }

    /// The statements sent to D1, including those in batches.
    pub fn statements(&self) -> Vec<&str> {
        self.of("d1")
            .flat_map(|call| &call.statements)
            .map(String::as_str)
            .collect()
    }

    /// Whether D1 was only read.
    pub fn has_only_reads(&self) -> bool {
        let is_read = |sql: &&str| sql.trim_start().starts_with("SELECT");
        self.statements().iter().all(is_read)
    }

    /// The number of reads of KV.
    pub fn kv_reads(&self) -> usize {
        self.kv("get")
    }

    /// The number of writes to KV.
    pub fn kv_writes(&self) -> usize {
        self.kv("put")
    }

    fn kv(&self, op: &str) -> usize {
        self.of("kv").filter(|call| call.op == op).count()
    }

    fn of(&self, store: &'static str) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.store == store)
    }

    /// Whether a line of this level contains this text.
    pub fn logged(&self, level: &str, text: &str) -> bool {
        let is_it = |(known, line): &(String, String)| known == level && line.contains(text);
        self.logs.iter().any(is_it)
    }
}
