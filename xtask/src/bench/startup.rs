//! The start of an isolate: a workerd with one Worker and nothing else is started again and again, up to its first reply.
//!
//! Two phases, each as CPU time of the process beyond that of an empty JS Worker, which is what workerd itself takes: until
//! workerd listens (it has compiled and run the Worker's modules by then), and the first request.

use super::{
    accounting::cpu_time,
    load::read_reply,
    table::{median, rounded, sorted},
    workers::{self, Launch},
};
use crate::{failed::Failed, process, terminal};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// Starts of each Worker.
const STARTS: usize = 20;

/// How to start a Worker.
struct Startable {
    name: String,
    gzip: u64,
    program: String,
    arguments: Vec<String>,
    request: String,
    status: u16,
}

impl Startable {
    /// From what `bench/start.mjs` prints.
    fn read(value: &Value) -> Option<Self> {
        let string = |value: &Value| value.as_str().map(str::to_owned);
        let arguments = value["arguments"].as_array()?.iter().map(string);
        Some(Self {
            name: string(&value["name"])?,
            gzip: value["gzip"].as_u64()?,
            program: string(&value["program"])?,
            arguments: arguments.collect::<Option<_>>()?,
            request: string(&value["request"])?,
            status: value["status"].as_u64()?.try_into().ok()?,
        })
    }
}

/// What one start took.
#[derive(Clone, Copy)]
struct Start {
    /// CPU time until it listens.
    listening: Duration,
    /// CPU time of the first request.
    first: Duration,
    /// From the start of the process to the first reply, by the wall's clock.
    elapsed: Duration,
}

/// Starts every Worker of the group `start` in turn; the table, and the same as JSON. The first is the empty one.
pub fn run(launch: &Launch) -> Result<(String, Value), Failed> {
    // Node holds the configurations' folder until it is dropped.
    let (_node, answer) = launch.ask("start")?;
    let workers = workers::read(&answer, Startable::read)?;
    terminal::print(format_args!(
        "{} Workers, {STARTS} starts each …",
        workers.len()
    ))?;
    let mut rounds = Vec::new();
    for _ in 0..STARTS {
        let round: Result<Vec<Start>, Failed> = workers.iter().map(start).collect();
        rounds.push(round?);
    }
    let mut text = format!(
        "{:<34} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "start, CPU ms beyond an empty one", "modules", "1st reply", "both", "wall ms", "gzip KB"
    );
    let mut list = Vec::new();
    for (index, worker) in workers.iter().enumerate() {
        let beyond = |part: fn(&Start) -> Duration| {
            let milliseconds = |start| part(start).as_secs_f64() * 1e3;
            let each = rounds.iter();
            let each = each.map(|round| milliseconds(&round[index]) - milliseconds(&round[0]));
            rounded(median(&sorted(each)))
        };
        let [modules, first, both, wall] = [
            beyond(|start| start.listening),
            beyond(|start| start.first),
            beyond(|start| start.listening + start.first),
            beyond(|start| start.elapsed),
        ];
        let _ = write!(
            text,
            "\n{:<34} {modules:>10.1} {first:>10.1} {both:>10.1} {wall:>10.1} {:>8.1}",
            worker.name,
            table_kilobytes(worker.gzip)
        );
        list.push(json!({
            "name": worker.name,
            "gzip_bytes": worker.gzip,
            "beyond_empty_ms": { "modules_cpu": modules, "first_reply_cpu": first, "both_cpu": both, "wall": wall },
        }));
    }
    Ok((text, list.into()))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn table_kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1e3
}

/// Starts one, has it answer once, and ends it.
fn start(worker: &Startable) -> Result<Start, Failed> {
    if process::is_interrupted() {
        return Err(Failed::interrupted());
    }
    let begun = Instant::now();
    let mut command = Command::new(&worker.program);
    command
        .args(&worker.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = process::start(&mut command)
        .map_err(|error| Failed::because(format!("Cannot start workerd: {error}.")))?;
    let start = time(worker, &mut child, begun);
    let _ = child.kill();
    let _ = child.wait();
    start
}

fn time(worker: &Startable, child: &mut Child, begun: Instant) -> Result<Start, Failed> {
    let process = i32::try_from(child.id()).unwrap_or_default();
    let port = child
        .stdout
        .as_mut()
        .and_then(port)
        .ok_or_else(|| Failed::because(format!("{} did not start in workerd.", worker.name)))?;
    let listening = cpu_time(process)?;
    let failed =
        |error: io::Error| Failed::because(format!("{} did not answer: {error}.", worker.name));
    let status = ask(port, &worker.request).map_err(failed)?;
    let elapsed = begun.elapsed();
    if status != worker.status {
        let message = format!("status {status} in place of {}", worker.status);
        return Err(failed(io::Error::other(message)));
    }
    Ok(Start {
        listening,
        first: cpu_time(process)?.saturating_sub(listening),
        elapsed,
    })
}

/// Where workerd says that it listens (`--control-fd`). The pipe stays open: workerd ends when it cannot write to it.
fn port(output: &mut ChildStdout) -> Option<u16> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).ok()?;
    let event: Value = serde_json::from_str(&line).ok()?;
    event["port"].as_u64()?.try_into().ok()
}

fn ask(port: u16, request: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    read_reply(&mut BufReader::new(stream)).map(|(status, _)| status)
}
