//! `cargo xtask bench`: what a request costs, beside the ways in which others would build the same.
//!
//! `bench/start.mjs` starts each Worker in a workerd of its own; this measures. The Workers are loaded in turn, A B C
//! A B C …, a second or a quarter of one each, so that whatever else the machine does meets all of them, and ratios are
//! taken within a round.
//! The figure is the CPU time of the whole workerd process by the operating system's accounting: latency on a machine
//! that runs the client too says little.

mod accounting;
mod chart;
mod load;
mod peers;
mod scale;
mod startup;
mod table;
mod workers;

use crate::{Command, build, clone, failed::Failed, setup, terminal};
use accounting::memory;
use load::{Amount, Slice};
use scale::Databases;
use serde_json::Value;
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};
use table::{Measured, Row};
use workers::{Launch, Workers};

pub const COMMAND: Command = Command {
    name: "bench",
    about: "measure the Worker beside its peers (Linux)",
    help: Some(
        "Usage: cargo xtask bench [--only GROUP] [--seconds N] [--million] [--ours] [--against DIR]…

Builds the Worker as it is deployed, starts it and its peers (bench/) in the same workerd with the same local stores,
loads them in turn and prints what a request costs; bench/results.json gets the same figures, and bench/chart.svg, if
all groups were measured, the CPU of a session check and of a sign-in. CPU time is read as Linux accounts it, so it runs
on Linux only. Other work on the machine makes all figures worse, the ratios hardly.

  --only GROUP   one group of Workers: validate, sign-in, refused, start; or one that does not run by itself: scale, or
                 one of its parts (scale-refresh, …), the same requests among ever more people
  --seconds N    seconds of load for each Worker (default: 10)
  --million      in groups of scale also among a million people: 6 GB in the cache, and a copy of it while the bench runs
  --ours         measure the rows of Edge Auth only, without its peers: with fewer Workers, ratios are more exact
  --against DIR  also measure the Worker that is built in another clone, on the tables of its own migrations, and print
                 the ratio of each row to its row; may be repeated",
    ),
    run,
};

const GROUPS: [&str; 4] = ["validate", "sign-in", "refused", "start"];

fn groups() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().chain(scale::GROUPS)
}

/// Before the first round: V8 compiles what is hot.
const WARM_UP: Duration = Duration::from_secs(2);

/// How often in a second of its load a Worker has its turn: the more often, the less of what else the machine does falls on one
/// of them alone.
fn turns(group: &str) -> u32 {
    match group {
        // A turn is to hold some dozens of hashes.
        "sign-in" | "scale" => 1,
        _ => 8,
    }
}

struct Options {
    only: Option<String>,
    seconds: u32,
    with_million: bool,
    only_ours: bool,
    against: Vec<PathBuf>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self, Failed> {
        let mut options = Self {
            only: None,
            seconds: 10,
            with_million: false,
            only_ours: false,
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
                    if !groups().any(|known| is_of(known, group)) {
                        let known = groups().collect::<Vec<_>>().join(", ");
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
                "--million" => {
                    options.with_million = true;
                    continue;
                }
                "--ours" => {
                    options.only_ours = true;
                    continue;
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

/// Whether a group is this one, or one of these.
fn is_of(group: &str, name: &str) -> bool {
    group
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || name == scale::PREFIX)
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
    let wanted: Vec<&str> = match &options.only {
        None => GROUPS.to_vec(),
        Some(only) => groups().filter(|group| is_of(group, only)).collect(),
    };
    let peers = peers::install()?;
    let databases = wanted
        .iter()
        .any(|group| group.starts_with(scale::PREFIX))
        .then(|| Databases::prepare(&tools, &peers, options.with_million))
        .transpose()?;
    let launch = Launch {
        peers,
        empty_rust: if wanted.contains(&"start") {
            peers::build_empty_rust(&tools)?
        } else {
            PathBuf::new()
        },
        people: databases.as_ref().map(|it| it.by_people.clone()),
        tools,
        only_ours: options.only_ours,
        against: options.against,
    };
    let mut results = serde_json::Map::new();
    let mut charted = Vec::new();
    for group in wanted {
        terminal::print(format_args!("\n{group}: starting the Workers …"))?;
        let (text, json) = if group == "start" {
            startup::run(&launch)?
        } else {
            let mut workers = launch.start(group)?;
            let measured = measure(&mut workers, options.seconds, turns(group))?;
            let rows = table::rows(&workers.targets, &measured);
            let shown = (table::text(group, &rows), table::json(&rows));
            charted.extend(title(group).map(|title| (title, rows)));
            shown
        };
        terminal::print(format_args!("\n{text}"))?;
        results.insert(group.to_owned(), json);
    }
    let text = serde_json::to_string_pretty(&Value::Object(results)).unwrap_or_default();
    write("results.json", &(text + "\n"))?;
    // One chart, of figures that were measured together.
    if options.only.is_none() && !options.only_ours {
        let panels: Vec<(&str, &[Row])> = charted
            .iter()
            .map(|(title, rows)| (*title, &rows[..]))
            .collect();
        write("chart.svg", &chart::draw(&panels))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What stands over a group in the chart, if it is there.
fn title(group: &str) -> Option<&'static str> {
    match group {
        "validate" => Some("CPU of a session check"),
        "sign-in" => Some("CPU of a sign-in with a password"),
        _ => None,
    }
}

fn write(file: &str, text: &str) -> Result<(), Failed> {
    let path = clone::root().join("bench").join(file);
    fs::write(&path, text).map_err(|error| Failed::file("write", &path, &error))?;
    terminal::print(format_args!("Written: bench/{file}"))?;
    Ok(())
}

/// Loads a group's Workers in turn; each round has a slice of every one.
fn measure(workers: &mut Workers, seconds: u32, turns: u32) -> Result<Measured, Failed> {
    terminal::print(format_args!(
        "{} Workers, {seconds} s each …",
        workers.targets.len()
    ))?;
    for target in &workers.targets {
        // Each request once, which fills caches.
        load::run(target, Amount::Requests(target.requests.len()))?;
        load::run(target, Amount::Time(WARM_UP))?;
    }
    let before = workers.calls()?;
    let mut rounds = Vec::new();
    let turn = Duration::from_secs(1) / turns;
    for _ in 0..seconds.saturating_mul(turns) {
        let slices = workers.targets.iter();
        let slices = slices.map(|target| load::run(target, Amount::Time(turn)));
        rounds.push(slices.collect::<Result<_, _>>()?);
    }
    let after = workers.calls()?;
    for (index, target) in workers.targets.iter().enumerate() {
        let so_far = rounds
            .iter()
            .map(|round: &Vec<Slice>| round[index].latencies.len());
        let rest = target.at_least.saturating_sub(so_far.sum());
        load::run(target, Amount::Requests(rest))?;
    }
    let calls = after.iter().zip(&before);
    let calls = calls.map(|(after, before)| after.since(before)).collect();
    let isolates = workers.isolates()?;
    let memory = workers.targets.iter().map(|target| memory(target.process));
    Ok(Measured {
        rounds,
        calls,
        memory: memory.collect::<Result<_, _>>()?,
        isolates,
    })
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn options(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).map_err(|failed| failed.sentence().unwrap_or_default().to_owned())
    }

    #[test]
    fn options_are_read_or_refused_by_name() {
        let read = options(&["--seconds", "3", "--only", "validate"]).expect("good options");
        assert_eq!((read.seconds, read.only.as_deref()), (3, Some("validate")));
        assert!(!read.with_million);
        let read = options(&["--million", "--only", "scale"]).expect("good options");
        assert_eq!(
            (read.with_million, read.only.as_deref()),
            (true, Some("scale"))
        );
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
}
