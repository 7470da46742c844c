//! The Node process that starts the Workers of a group and keeps them running (`bench/start.mjs`).

use super::load::Target;
use crate::{node, process, workspace};
use anyhow::Error;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The parameters of starting Workers.
pub struct Launch {
    /// The peers' `node_modules`.
    pub peers: PathBuf,
    /// The empty Worker in Rust, if the group `start` is measured.
    pub empty_rust: Option<PathBuf>,
    /// Databases with many users, if groups of scale are measured.
    pub databases: Option<Value>,
    /// Whether the peers are left out.
    pub only_ours: bool,
    /// Other clones whose build is measured too.
    pub against: Vec<PathBuf>,
    /// Seconds of load for each Worker, for those whose requests can be sent only once.
    pub seconds: u32,
}

impl Launch {
    /// Starts a group's Workers.
    pub fn start(&self, group: &str) -> Result<Workers, Error> {
        let (mut workers, targets) = self.start_node(group)?;
        workers.targets = targets;
        Ok(workers)
    }

    /// Starts Node. Returns the process, and its description of the group's Workers.
    pub fn start_node<T: DeserializeOwned>(&self, group: &str) -> Result<(Workers, Vec<T>), Error> {
        let root = workspace::root();
        let options = json!({
            "repository": root,
            "tools": node::node_modules(),
            "peers": self.peers,
            "emptyRust": self.empty_rust,
            "group": group,
            "against": self.against,
            "ours": self.only_ours,
            "databases": self.databases,
            "seconds": self.seconds,
        });
        let mut command = Command::new(node::node());
        command
            .arg(root.join("bench/start.mjs"))
            .arg(options.to_string())
            .env("PATH", node::path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = process::start_group(&mut command)
            .map_err(|error| Error::msg(format!("cannot start Node: {error}")))?;
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new);
        let mut workers = Workers {
            child,
            input,
            output,
            targets: Vec::new(),
        };
        let response = workers.line()?;
        let targets = targets(&response)?;
        Ok((workers, targets))
    }
}

/// Running Workers; ended when dropped.
pub struct Workers {
    child: Child,
    /// Node ends the Workers when this closes.
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    pub targets: Vec<Target>,
}

impl Workers {
    /// The number of calls that each Worker has made to its stores so far.
    pub fn calls(&mut self) -> Result<Vec<Calls>, Error> {
        self.response("calls")
    }

    /// The memory of each isolate; `None` for those that are not inspected.
    pub fn isolates(&mut self) -> Result<Vec<Option<Isolate>>, Error> {
        self.response("memory")
    }

    fn response<T: DeserializeOwned>(&mut self, request: &str) -> Result<T, Error> {
        if let Some(input) = &mut self.input {
            // If this fails, reading the response fails too.
            let _ = writeln!(input, "{request}");
        }
        serde_json::from_value(self.line()?).map_err(|_| unexpected())
    }

    /// One line of JSON. Ctrl-C does not interrupt this; Node's own time limits end a start that hangs.
    fn line(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        if let Some(output) = &mut self.output {
            let _ = output.read_line(&mut line);
        }
        serde_json::from_str(&line)
            .map_err(|_| Error::msg("bench/start.mjs ended before the Workers could be measured"))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = process::wait(&mut self.child);
    }
}

/// Calls of a Worker's stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Calls {
    pub d1: u32,
    pub kv: u32,
}

impl Calls {
    /// The calls after `earlier`.
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            d1: self.d1.saturating_sub(earlier.d1),
            kv: self.kv.saturating_sub(earlier.kv),
        }
    }
}

/// Bytes that an isolate holds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Isolate {
    pub heap: f64,
    pub wasm: f64,
}

fn targets<T: DeserializeOwned>(response: &Value) -> Result<Vec<T>, Error> {
    if let Some(error) = response["error"].as_str() {
        return Err(Error::msg(format!("the Workers did not start: {error}")));
    }
    serde_json::from_value(response["targets"].clone()).map_err(|_| unexpected())
}

pub fn unexpected() -> Error {
    Error::msg("bench/start.mjs printed unexpected output")
}

#[cfg(test)]
mod tests {
    use super::{Calls, targets};
    use crate::bench::load::Target;
    use serde_json::{Value, json};

    #[test]
    fn failed_start_reports_the_reason() {
        let message = |response: Value| {
            let failed = targets::<Target>(&response).err().expect("failed");
            failed.to_string()
        };
        assert!(message(json!({ "error": "no wasm" })).ends_with("no wasm"));
        assert!(message(json!({ "targets": [{}] })).ends_with("unexpected output"));
        assert!(message(json!([])).ends_with("unexpected output"));
    }

    #[test]
    fn calls_are_counted_from_the_start_of_the_measurement() {
        let calls = Calls { d1: 7, kv: 3 }.since(Calls { d1: 5, kv: 3 });
        assert_eq!(calls, Calls { d1: 2, kv: 0 });
    }
}
