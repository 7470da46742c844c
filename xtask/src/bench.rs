//! `cargo xtask bench`: what a request costs, beside the ways in which others would build the same.
//!
//! `bench/start.mjs` starts each Worker in a workerd of its own; this measures. The Workers are loaded in turn, A B C
//! A B C …, a second each, so that whatever else the machine does meets all of them, and ratios are taken within a round.
//! The figure is the CPU time of the whole workerd process by the operating system's accounting: latency on a machine
//! that runs the client too says little.

mod load;
mod table;

use crate::{
    Command, build, cache, clone,
    failed::Failed,
    process::{self, LongStep},
    setup,
    tools::Tools,
};
use load::{Slice, Target};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command as Program, ExitCode, Stdio},
    time::Duration,
};

pub const COMMAND: Command = Command {
    name: "bench",
    about: "measure the Worker beside its peers (Linux)",
    help: Some(
        "Usage: cargo xtask bench [--only GROUP] [--seconds N] [--against DIR]…

Builds the Worker as it is deployed, starts it and its peers (bench/) in the same workerd with real local stores, loads
them in turn and prints what a request costs; bench/results.json gets the same figures. CPU time is read as Linux
accounts it, so it runs on Linux only. Other work on the machine makes all figures worse, the ratios hardly.

  --only GROUP   one group of Workers: validate
  --seconds N    seconds of load for each Worker (default: 10)
  --against DIR  also measure the Worker that is built in another clone; may be repeated",
    ),
    run,
};

const GROUPS: [&str; 1] = ["validate"];
/// Before the first round: V8 compiles what is hot.
const WARM_UP: Duration = Duration::from_secs(2);
const ROUND: Duration = Duration::from_secs(1);

struct Options {
    only: Option<String>,
    seconds: u32,
    against: Vec<PathBuf>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self, Failed> {
        let mut options = Self {
            only: None,
            seconds: 10,
            against: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = || {
                words.clone().next().ok_or_else(|| {
                    Failed::because(format!("{word} needs a value; `--help` says which."))
                })
            };
            match word.as_str() {
                "--only" => {
                    let group = value()?;
                    if !GROUPS.contains(&group.as_str()) {
                        let known = GROUPS.join(", ");
                        return Err(Failed::because(format!(
                            "There is no group `{group}`; there is: {known}."
                        )));
                    }
                    options.only = Some(group.clone());
                }
                "--seconds" => {
                    let seconds = value()?;
                    options.seconds = seconds
                        .parse()
                        .ok()
                        .filter(|seconds| (1..=600).contains(seconds))
                        .ok_or_else(|| {
                            Failed::because(format!("`{seconds}` is not a number from 1 to 600."))
                        })?;
                }
                "--against" => {
                    let folder = std::path::absolute(value()?).unwrap_or_default();
                    if !folder.join("build/index.js").is_file() {
                        return Err(Failed::because(format!(
                            "{} has no built Worker; run `cargo xtask build` there.",
                            folder.display()
                        )));
                    }
                    options.against.push(folder);
                }
                _ => {
                    return Err(Failed::because(format!(
                        "`{word}` means nothing here; `--help` says what does."
                    )));
                }
            }
            words.next();
        }
        Ok(options)
    }
}

fn run(words: &[String]) -> Result<ExitCode, Failed> {
    if !cfg!(target_os = "linux") {
        return Err(Failed::because(
            "The bench reads a process's CPU time as Linux accounts it, so it runs on Linux only.",
        ));
    }
    let options = Options::read(words)?;
    let tools = setup::ensure()?;
    build::ensure(&tools, build::Effort::Full)?;
    let peers = install_peers()?;
    println!("Starting the Workers …");
    let workers = Workers::start(&tools, &peers, &options)?;
    let mut results = serde_json::Map::new();
    for (group, targets) in &workers.groups {
        let rounds = measure(group, targets, options.seconds)?;
        let rows = table::rows(targets, &rounds);
        println!("\n{}", table::text(group, &rows));
        results.insert(group.clone(), table::json(&rows));
    }
    let path = clone::root().join("bench/results.json");
    let text = serde_json::to_string_pretty(&Value::Object(results)).unwrap_or_default();
    fs::write(&path, text + "\n").map_err(|error| Failed::file("write", &path, &error))?;
    println!("Written to bench/results.json.");
    Ok(ExitCode::SUCCESS)
}

/// The rounds of a group; each has a slice for every target.
fn measure(group: &str, targets: &[Target], seconds: u32) -> Result<Vec<Vec<Slice>>, Failed> {
    println!("{group}: {} Workers, {seconds} s each …", targets.len());
    for target in targets {
        load::run(target, WARM_UP)?;
    }
    let round = |_| {
        let slices = targets.iter().map(|target| load::run(target, ROUND));
        slices.collect()
    };
    (0..seconds).map(round).collect()
}

fn install_peers() -> Result<PathBuf, Failed> {
    let manifests = [
        ("package.json", include_str!("../../bench/package.json")),
        (
            "package-lock.json",
            include_str!("../../bench/package-lock.json"),
        ),
    ];
    let contents: Vec<&[u8]> = manifests.iter().map(|(_, text)| text.as_bytes()).collect();
    let name = format!("bench-peers-{}", cache::key(&contents));
    cache::install(&name, |folder| {
        for (file, content) in manifests {
            let path = folder.join(file);
            fs::write(&path, content).map_err(|error| Failed::file("write", &path, &error))?;
        }
        let what = "Installing the peers";
        LongStep {
            what,
            why: "the npm packages that are measured beside us; usually 5 s",
        }
        .run(Program::new("npm").current_dir(folder).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]))
        .map_err(|ended| ended.explain(what))
    })?;
    Ok(cache::root()?.join(name).join("node_modules"))
}

/// The running Workers; ended when dropped.
struct Workers {
    child: Child,
    /// The Node that holds them ends them when this closes.
    input: Option<ChildStdin>,
    groups: Vec<(String, Vec<Target>)>,
}

impl Workers {
    fn start(tools: &Tools, peers: &Path, options: &Options) -> Result<Self, Failed> {
        let root = clone::root();
        let mut command = Program::new(tools.node());
        command
            .arg(root.join("bench/start.mjs"))
            .arg(&root)
            .arg(tools.node_modules())
            .arg(peers)
            .arg(options.only.as_deref().unwrap_or("all"))
            .args(&options.against)
            .env("PATH", tools.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = process::start(&mut command)
            .map_err(|error| Failed::because(format!("Cannot start Node: {error}.")))?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let mut workers = Self {
            child,
            input,
            groups: Vec::new(),
        };
        let mut line = String::new();
        if let Some(output) = output {
            // Ctrl-C does not interrupt this read; a start that hangs is ended with Node by its own time limits.
            let _ = BufReader::new(output).read_line(&mut line);
        }
        workers.groups = started(&line)?;
        Ok(workers)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = process::wait(&mut self.child, || {});
    }
}

/// What `bench/start.mjs` says that it has started.
fn started(line: &str) -> Result<Vec<(String, Vec<Target>)>, Failed> {
    let answer: Value = serde_json::from_str(line)
        .map_err(|_| Failed::because("bench/start.mjs ended before the Workers were ready."))?;
    let Some(groups) = answer["groups"].as_object() else {
        let error = answer["error"].as_str().unwrap_or_default();
        return Err(Failed::because(format!(
            "The Workers did not start: {error}"
        )));
    };
    groups
        .iter()
        .map(|(group, list)| {
            let targets: Option<Vec<Target>> = list
                .as_array()
                .and_then(|list| list.iter().map(Target::read).collect());
            targets
                .map(|targets| (group.clone(), targets))
                .ok_or_else(|| Failed::because("bench/start.mjs said something unexpected."))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Options, started};

    fn options(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).map_err(|failed| failed.sentence().unwrap_or_default().to_owned())
    }

    #[test]
    fn options_are_read_or_refused_by_name() {
        let read = options(&["--seconds", "3", "--only", "validate"]).expect("good options");
        assert_eq!((read.seconds, read.only.as_deref()), (3, Some("validate")));
        for (words, part) in [
            (&["--seconds", "0"][..], "1 to 600"),
            (&["--seconds"], "needs a value"),
            (&["--only", "tea"], "no group `tea`"),
            (&["fast"], "`fast` means nothing"),
            (&["--against", "/nowhere"], "no built Worker"),
        ] {
            let sentence = options(words).err().expect("refused");
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn a_start_that_failed_says_why() {
        let sentence = |line| started(line).err().expect("failed");
        assert!(
            sentence(r#"{"error":"no wasm"}"#)
                .sentence()
                .is_some_and(|text| text.ends_with("no wasm"))
        );
        assert!(sentence("").sentence().is_some());
        assert!(
            sentence(r#"{"groups":{"validate":[{}]}}"#)
                .sentence()
                .is_some()
        );
    }
}
