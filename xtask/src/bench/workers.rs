//! The Node that starts a group's Workers and holds them (`bench/start.mjs`).

use super::load::Target;
use crate::{clone, failed::Failed, process, tools::Tools};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What it takes to start Workers.
pub struct Launch {
    pub tools: Tools,
    /// The peers' `node_modules`.
    pub peers: PathBuf,
    /// The empty Worker in Rust, as far as the group needs it.
    pub empty_rust: PathBuf,
    /// Folders of databases by the number of people in them, where the group needs them.
    pub people: Option<Value>,
    /// Whether the peers are left out.
    pub only_ours: bool,
    /// Other clones whose Worker is measured too.
    pub against: Vec<PathBuf>,
}

impl Launch {
    /// Starts a group's Workers.
    pub fn start(&self, group: &str) -> Result<Workers, Failed> {
        let (mut workers, answer) = self.ask(group)?;
        workers.targets = read(&answer, Target::read)?;
        Ok(workers)
    }

    /// Starts Node; it and its first answer.
    pub fn ask(&self, group: &str) -> Result<(Workers, Value), Failed> {
        let root = clone::root();
        let people = self.people.as_ref().map(Value::to_string);
        let mut command = Command::new(self.tools.node());
        command
            .arg(root.join("bench/start.mjs"))
            .arg(&root)
            .arg(self.tools.node_modules())
            .arg(&self.peers)
            .arg(&self.empty_rust)
            .arg(group)
            .args(&self.against)
            .env("PATH", self.tools.path())
            .env("EDGE_AUTH_BENCH_PEOPLE", people.unwrap_or_default())
            .env(
                "EDGE_AUTH_BENCH_OURS",
                if self.only_ours { "yes" } else { "" },
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = process::start(&mut command)
            .map_err(|error| Failed::because(format!("Cannot start Node: {error}.")))?;
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new);
        let mut workers = Workers {
            child,
            input,
            output,
            targets: Vec::new(),
        };
        let answer = workers.line()?;
        Ok((workers, answer))
    }
}

/// Running Workers; ended when dropped.
pub struct Workers {
    child: Child,
    /// The Node that holds them ends them when this closes.
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    pub targets: Vec<Target>,
}

impl Workers {
    /// How often each has called its stores so far.
    pub fn calls(&mut self) -> Result<Vec<Calls>, Failed> {
        let answer = self.answer("calls")?;
        let list = answer.as_array();
        let calls: Option<Vec<Calls>> =
            list.and_then(|list| list.iter().map(Calls::read).collect());
        calls.ok_or_else(unexpected)
    }

    /// Bytes of JavaScript heap and WebAssembly memory in the isolate of each that has to answer a number of requests.
    pub fn isolates(&mut self) -> Result<Vec<Option<[u64; 2]>>, Failed> {
        let answer = self.answer("memory")?;
        let list = answer.as_array().ok_or_else(unexpected)?;
        let bytes = |value: &Value| Some([value["heap"].as_u64()?, value["wasm"].as_u64()?]);
        Ok(list.iter().map(bytes).collect())
    }

    fn answer(&mut self, question: &str) -> Result<Value, Failed> {
        if let Some(input) = &mut self.input {
            // Without an answer the next line says so.
            let _ = writeln!(input, "{question}");
        }
        self.line()
    }

    /// One line of JSON. Ctrl-C does not interrupt this; a start that hangs is ended with Node by its own time limits.
    fn line(&mut self) -> Result<Value, Failed> {
        let mut line = String::new();
        if let Some(output) = &mut self.output {
            let _ = output.read_line(&mut line);
        }
        serde_json::from_str(&line).map_err(|_| {
            Failed::because("bench/start.mjs ended before the Workers could be measured.")
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = process::wait(&mut self.child, || {});
    }
}

/// Calls of a Worker's stores.
pub struct Calls {
    pub d1: u64,
    pub kv: u64,
}

impl Calls {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            d1: value["d1"].as_u64()?,
            kv: value["kv"].as_u64()?,
        })
    }

    /// Those that came after `earlier`.
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            d1: self.d1.saturating_sub(earlier.d1),
            kv: self.kv.saturating_sub(earlier.kv),
        }
    }
}

/// The targets in Node's first answer.
pub fn read<T>(answer: &Value, one: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Failed> {
    if let Some(error) = answer["error"].as_str() {
        return Err(Failed::because(format!(
            "The Workers did not start: {error}"
        )));
    }
    let list = answer["targets"].as_array();
    let targets: Option<Vec<T>> = list.and_then(|list| list.iter().map(one).collect());
    targets.ok_or_else(unexpected)
}

fn unexpected() -> Failed {
    Failed::because("bench/start.mjs said something unexpected.")
}

#[cfg(test)]
mod tests {
    use super::{Calls, read};
    use crate::bench::load::Target;
    use serde_json::json;

    #[test]
    fn a_start_that_failed_says_why() {
        let sentence = |answer| {
            let failed = read(&answer, Target::read).err().expect("failed");
            failed.sentence().unwrap_or_default().to_owned()
        };
        assert!(sentence(json!({ "error": "no wasm" })).ends_with("no wasm"));
        assert!(sentence(json!({ "targets": [{}] })).ends_with("unexpected."));
    }

    #[test]
    fn calls_are_those_between() {
        let read = |d1, kv| Calls::read(&json!({ "d1": d1, "kv": kv })).expect("both");
        let calls = read(7, 3).since(&read(5, 3));
        assert_eq!((calls.d1, calls.kv), (2, 0));
        assert!(Calls::read(&json!({ "d1": 1 })).is_none());
    }
}
