//! The start of an isolate: workerd is started with one Worker repeatedly, up to the Worker's first response.
//!
//! Two phases are measured: until workerd listens (by then it has compiled and run the Worker's modules), and the first
//! request. Each is the CPU time of the process minus that of an empty JS Worker, which stands for the cost of workerd
//! itself.

use super::{
    accounting::cpu_time,
    comparison::{Comparison, Direction, Role},
    load::read_response,
    measure::kilobytes,
    statistics::median,
    workers::{self, Launch},
};
use crate::process;
use anyhow::Error;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// The number of starts of each Worker.
const STARTS: usize = 40;

/// How to start a Worker, as `bench/start.mjs` prints it.
#[derive(Deserialize)]
struct Startable {
    name: String,
    role: Role,
    settings: String,
    gzip: u64,
    program: String,
    arguments: Vec<String>,
    request: String,
    status: u16,
}

/// The cost of one start.
struct Start {
    /// CPU time until it listens.
    modules: Duration,
    /// CPU time of the first request.
    first_response: Duration,
    /// Wall time from the start of the process to the first response.
    elapsed: Duration,
}

/// Starts every Worker of the group `start` in turn. Returns the table, the same figures as JSON, and the ratios.
pub fn run(launch: &Launch) -> Result<(Table, Value, Comparison), Error> {
    // Node keeps the folder with the configurations until it is dropped.
    let (_node, workers) = launch.start_node::<Startable>("start")?;
    let mut starts: Vec<Vec<Start>> = workers.iter().map(|_| Vec::new()).collect();
    let mut order: Vec<usize> = (0..workers.len()).collect();
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..STARTS {
        random.shuffle(&mut order);
        for index in &order {
            starts[*index].push(start(&workers[*index])?);
        }
    }
    let empty = workers.iter().position(|worker| worker.role == Role::Empty);
    let empty = empty.ok_or_else(workers::unexpected)?;
    // Milliseconds more than the empty Worker in the same round.
    let beyond_empty = |index: usize, part: fn(&Start) -> Duration| -> Vec<f64> {
        let milliseconds = |start| part(start).as_secs_f64() * 1e3;
        let rounds = starts[index].iter().zip(&starts[empty]);
        rounds
            .map(|(start, empty)| milliseconds(start) - milliseconds(empty))
            .collect()
    };
    let both = |start: &Start| start.modules + start.first_response;
    let costs: Vec<Vec<f64>> = (0..workers.len())
        .map(|index| beyond_empty(index, both))
        .collect();
    let roles = workers.iter().map(|worker| worker.role).collect();
    let comparison = Comparison::new(roles, &costs, Direction::SubjectByRow);
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header([
        "CPU ms more than an empty JS Worker",
        "settings",
        "modules",
        "first response",
        "both",
        "Edge Auth / row [90 % interval]",
        "verdict",
        "wall ms",
        "gzip KB",
    ]);
    let mut list = Vec::new();
    for (index, worker) in workers.iter().enumerate() {
        let parts: [fn(&Start) -> Duration; 4] = [
            |start| start.modules,
            |start| start.first_response,
            both,
            |start| start.elapsed,
        ];
        let [modules, first_response, both, wall] =
            parts.map(|part| median(beyond_empty(index, part)));
        let ratio = comparison.ratio(index);
        table.add_row([
            worker.name.clone(),
            worker.settings.clone(),
            format!("{modules:.1}"),
            format!("{first_response:.1}"),
            format!("{both:.1}"),
            ratio.map_or(String::new(), |ratio| ratio.to_string()),
            comparison.verdict(index),
            format!("{wall:.1}"),
            kilobytes(worker.gzip),
        ]);
        list.push(json!({
            "name": worker.name,
            "role": worker.role,
            "settings": worker.settings,
            "gzip_bytes": worker.gzip,
            "ratio": ratio,
            "verdict": comparison.verdict(index),
            "ms_more_than_empty": { "modules": modules, "first_response": first_response, "both": both, "wall": wall },
        }));
    }
    Ok((table, list.into(), comparison))
}

/// Starts a Worker, sends it one request and ends it.
fn start(worker: &Startable) -> Result<Start, Error> {
    if process::is_interrupted() {
        return Err(process::Interrupted.into());
    }
    let started = Instant::now();
    let mut command = Command::new(&worker.program);
    command
        .args(&worker.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = process::start_group(&mut command)
        .map_err(|error| Error::msg(format!("cannot start workerd: {error}")))?;
    let start = observe(worker, &mut child, started);
    let _ = child.kill();
    let _ = child.wait();
    start
}

fn observe(worker: &Startable, child: &mut Child, started: Instant) -> Result<Start, Error> {
    let process = i32::try_from(child.id()).unwrap_or_default();
    let port = child
        .stdout
        .as_mut()
        .and_then(port)
        .ok_or_else(|| Error::msg(format!("{} did not start in workerd", worker.name)))?;
    let modules = cpu_time(process)?;
    let failed = |error: io::Error| Error::msg(format!("{} did not respond: {error}", worker.name));
    let status = send(port, &worker.request).map_err(failed)?;
    let elapsed = started.elapsed();
    if status != worker.status {
        let message = format!("status {status} instead of {}", worker.status);
        return Err(failed(io::Error::other(message)));
    }
    Ok(Start {
        modules,
        first_response: cpu_time(process)?.saturating_sub(modules),
        elapsed,
    })
}

/// The port that workerd writes to its `--control-fd`. The pipe stays open: workerd ends when it cannot write to it.
fn port(output: &mut ChildStdout) -> Option<u16> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).ok()?;
    let event: Value = serde_json::from_str(&line).ok()?;
    event["port"].as_u64()?.try_into().ok()
}

fn send(port: u16, request: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    read_response(&mut BufReader::new(stream)).map(|(status, _)| status)
}
