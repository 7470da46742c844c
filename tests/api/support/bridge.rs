//! The Node process that runs the servers: started at the first call, told what to do in lines of JSON. It lives as long
//! as its standard input is open, so it needs no teardown: when this process ends, the pipe closes.

use super::toolchain;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};

struct Bridge {
    node: PathBuf,
    input: Mutex<ChildStdin>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    senders: HashMap<u64, Sender<Result<Value, String>>>,
    is_over: bool,
}

static BRIDGE: OnceLock<Result<Bridge, String>> = OnceLock::new();

/// Asks the bridge for `op` with the fields of `given` and waits for its answer. Blocks the thread: a test has one of its
/// own, and starting a server is the longest it waits for.
pub fn call(op: &str, given: Value) -> Value {
    let answer = post(op, given)
        .recv()
        .unwrap_or_else(|_| Err("the bridge has ended".to_owned()));
    answer.unwrap_or_else(|error| panic!("{op}: {error}"))
}

/// The Node that the servers run in.
pub fn node() -> &'static Path {
    &bridge().node
}

fn bridge() -> &'static Bridge {
    BRIDGE
        .get_or_init(start)
        .as_ref()
        .unwrap_or_else(|error| panic!("no server: {error}"))
}

/// As [`call`], without waiting.
pub fn post(op: &str, mut given: Value) -> Receiver<Result<Value, String>> {
    let bridge = bridge();
    let (sender, receiver) = channel();
    let id = {
        let mut waiting = bridge.waiting.lock().unwrap();
        assert!(!waiting.is_over, "the bridge has ended");
        waiting.last += 1;
        let id = waiting.last;
        waiting.senders.insert(id, sender);
        id
    };
    given["id"] = json!(id);
    given["op"] = json!(op);
    // Nobody is left to answer if this fails; `is_over` ends the wait.
    let _ = writeln!(bridge.input.lock().unwrap(), "{given}");
    receiver
}

fn start() -> Result<Bridge, String> {
    let tools = toolchain::prepare()?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("api-{}", std::process::id()));
    let mut child = Command::new(&tools.node)
        .arg(repository.join("tests/api/support/bridge.mjs"))
        .args([repository, &tools.node_modules, &scratch])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", tools.node.display()))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes to the bridge".to_owned());
    };
    std::thread::spawn(move || distribute(output));
    Ok(Bridge {
        node: tools.node,
        input: Mutex::new(input),
        waiting: Mutex::default(),
    })
}

fn distribute(output: ChildStdout) {
    let waiting = &BRIDGE
        .wait()
        .as_ref()
        .expect("the bridge that this thread reads from")
        .waiting;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(answer) = serde_json::from_str::<Value>(&line) else {
            eprintln!("bridge: {line}");
            continue;
        };
        let sender = answer["id"]
            .as_u64()
            .and_then(|id| waiting.lock().unwrap().senders.remove(&id));
        let result = answer.get("error").map_or_else(
            || Ok(answer["ok"].clone()),
            |error| Err(error.as_str().unwrap_or_default().to_owned()),
        );
        // A receiver may have gone: `post` allows it.
        let _ = sender.map(|sender| sender.send(result));
    }
    let mut waiting = waiting.lock().unwrap();
    waiting.is_over = true;
    waiting.senders.clear();
}
