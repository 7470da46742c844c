//! The Node process that runs the servers with Miniflare (`miniflare.mjs`). It starts at the first call, takes commands as
//! lines of JSON, and ends when its standard input closes. This process therefore needs no teardown.

use super::toolchain;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};

struct Miniflare {
    node: PathBuf,
    node_modules: PathBuf,
    input: Mutex<ChildStdin>,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    last_id: u64,
    senders: HashMap<u64, Sender<Result<Value, String>>>,
    has_ended: bool,
}

static MINIFLARE: OnceLock<Result<Miniflare, String>> = OnceLock::new();

/// Runs the command `op` with these fields and waits for its result. This blocks the thread, which belongs to one test.
pub fn call(op: &str, fields: Value) -> Value {
    let result = post(op, fields)
        .recv()
        .unwrap_or_else(|_| Err("the Node process has ended".to_owned()));
    result.unwrap_or_else(|error| panic!("{op}: {error}"))
}

/// The Node binary that runs the servers.
pub fn node() -> &'static Path {
    &process().node
}

/// The packages that wrangler depends on.
pub fn node_modules() -> &'static Path {
    &process().node_modules
}

fn process() -> &'static Miniflare {
    MINIFLARE
        .get_or_init(start)
        .as_ref()
        .unwrap_or_else(|error| panic!("no server: {error}"))
}

/// Like [`call`], without waiting.
pub fn post(op: &str, mut fields: Value) -> Receiver<Result<Value, String>> {
    let process = process();
    let (sender, receiver) = channel();
    let id = {
        let mut pending = process.pending.lock().unwrap();
        assert!(!pending.has_ended, "the Node process has ended");
        pending.last_id += 1;
        let id = pending.last_id;
        pending.senders.insert(id, sender);
        id
    };
    fields["id"] = json!(id);
    fields["op"] = json!(op);
    // If this fails, the process has ended, and `distribute` drops the sender.
    let _ = writeln!(process.input.lock().unwrap(), "{fields}");
    receiver
}

fn start() -> Result<Miniflare, String> {
    let tools = toolchain::prepare()?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("api-{}", std::process::id()));
    let mut child = Command::new(&tools.node)
        .arg(repository.join("tests/api/support/miniflare.mjs"))
        .args([repository, &tools.node_modules, &scratch])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", tools.node.display()))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes to the Node process".to_owned());
    };
    std::thread::spawn(move || distribute(output));
    Ok(Miniflare {
        node: tools.node,
        node_modules: tools.node_modules,
        input: Mutex::new(input),
        pending: Mutex::default(),
    })
}

/// Gives each result to the call that waits for it.
fn distribute(output: ChildStdout) {
    let pending = &MINIFLARE
        .wait()
        .as_ref()
        .expect("this thread reads its output")
        .pending;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            eprintln!("miniflare.mjs: {line}");
            continue;
        };
        let sender = message["id"]
            .as_u64()
            .and_then(|id| pending.lock().unwrap().senders.remove(&id));
        let result = message.get("error").map_or_else(
            || Ok(message["ok"].clone()),
            |error| Err(error.as_str().unwrap_or_default().to_owned()),
        );
        // The caller of `post` does not wait for the result.
        let _ = sender.map(|sender| sender.send(result));
    }
    let mut pending = pending.lock().unwrap();
    pending.has_ended = true;
    pending.senders.clear();
}
