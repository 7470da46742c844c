//! `cargo xtask bench`: the CPU time of a request, of this build and of others.
//!
//! `bench/start.mjs` starts each Worker of a group in its own workerd. This module loads the Workers in turn, A B C …,
//! a fraction of a second each, so that other work of the machine affects all of them. Ratios are taken within a round.
//! Every group has the same build twice (A/A), which shows how far ratios can be trusted. The figure is the CPU time of
//! the whole workerd process as Linux accounts it. Latency says little on a machine that also runs the client.

mod accounting;
mod budgets;
mod chart;
mod comparison;
mod groups;
mod load;
mod measure;
mod memory;
mod peers;
mod scale;
mod startup;
mod statistics;
mod workers;

use crate::{build, setup, terminal, workspace};
use anyhow::Error;
use budgets::Findings;
use chart::Panel;
use clap::{Args, builder::PossibleValuesParser, value_parser};
use groups::{Group, Kind};
use scale::Databases;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, process::ExitCode};
use workers::Launch;

/// Measure the CPU time of the Worker and its peers (Linux only)
///
/// Builds the Worker as it is deployed, starts it and its peers, each in a workerd of the same version with the same local
/// stores, loads them in turn and prints the cost of a request. Each group has the same build twice (A/A). If the median of
/// their ratios is outside 0.97 to 1.03, the group has no verdict. The figures are also written to bench/results.json and, if
/// all groups are measured, to bench/chart.svg.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Measure only these groups
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = PossibleValuesParser::new(groups::names()))]
    only: Vec<String>,
    /// Seconds of load for each Worker
    #[arg(long, value_name = "SECONDS", default_value_t = 25, value_parser = value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Also measure the build of another clone, with its own settings and migrations; at most twice
    #[arg(long, value_name = "DIR", value_parser = built_clone)]
    against: Vec<PathBuf>,
    /// Do not measure the peers, so that each build gets more turns in the same time
    #[arg(long)]
    ours: bool,
    /// Also measure the `scale` groups with a million users (6 GB in the cache, and 6 GB for a copy)
    #[arg(long)]
    million: bool,
    /// Fail if a budget is missed
    #[arg(long)]
    check: bool,
}

/// With more clones, a group would have more than five Workers.
const MAX_AGAINST: usize = 2;

/// A folder with a built Worker.
fn built_clone(folder: &str) -> Result<PathBuf, String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let is_built =
        folder.join("wrangler.toml").is_file() && folder.join("build/index.js").is_file();
    if is_built {
        return Ok(folder);
    }
    Err("the folder has no built Worker; run `cargo xtask build` in that clone".to_owned())
}

/// Measures the groups that the arguments select.
pub fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    if !cfg!(target_os = "linux") {
        return Err(Error::msg(
            "the benchmark runs on Linux only, because it reads CPU times from Linux",
        ));
    }
    if arguments.against.len() > MAX_AGAINST {
        return Err(Error::msg(format!(
            "--against can be given at most {MAX_AGAINST} times"
        )));
    }
    let selected = groups::select(&arguments.only);
    let is_complete = arguments.only.is_empty() && !arguments.ours;
    let tools = setup::ensure()?;
    build::ensure(&tools, build::Profile::Release)?;
    let peers = peers::install()?;
    let has_start = !arguments.ours
        && selected
            .iter()
            .any(|group| matches!(group.kind, Kind::Start));
    if selected.iter().any(|group| group.name == groups::ARGON2ID) {
        peers::build_argon2id()?;
    }
    let databases = selected
        .iter()
        .any(|group| groups::is_of_scale(group))
        .then(|| Databases::prepare(&peers, arguments.million))
        .transpose()?;
    let launch = Launch {
        peers,
        empty_rust: has_start
            .then(|| peers::build_empty_rust(&tools))
            .transpose()?,
        databases: databases.as_ref().map(|databases| databases.list.clone()),
        only_ours: arguments.ours,
        against: arguments.against,
        seconds: arguments.seconds,
    };
    let mut run = Run::default();
    for group in selected {
        terminal::note(format_args!("{}: measuring …", group.name));
        run.measure(group, &launch, arguments.seconds)?;
    }
    let findings = Findings::new(&run.comparisons);
    if let Some(findings) = &findings {
        terminal::print(format_args!("\nBudgets\n\n{findings}\n"))?;
        run.results
            .insert("budgets".to_owned(), findings.json.clone());
    }
    let text = serde_json::to_string_pretty(&run.results).unwrap_or_default();
    write("results.json", &(text + "\n"))?;
    if is_complete {
        write("chart.svg", &chart::draw(&run.panels))?;
    }
    let is_missed = findings.is_some_and(|findings| findings.is_one_missed);
    Ok(if arguments.check && is_missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The results so far.
#[derive(Default)]
struct Run {
    results: Map<String, Value>,
    comparisons: BTreeMap<&'static str, comparison::Comparison>,
    panels: Vec<Panel>,
}

impl Run {
    /// Measures a group and prints its table.
    fn measure(
        &mut self,
        group: &'static Group,
        launch: &Launch,
        seconds: u32,
    ) -> Result<(), Error> {
        let (table, json) = match group.kind {
            Kind::Memory => memory::run(launch)?,
            Kind::Start => {
                let (table, json, comparison) = startup::run(launch)?;
                self.comparisons.insert(group.name, comparison);
                (table, json)
            }
            Kind::Load {
                turns_per_second,
                direction,
                is_in_chart,
            } => {
                let mut workers = launch.start(group.name)?;
                let measured =
                    measure::measure(&mut workers, seconds, turns_per_second, direction)?;
                let shown = (
                    measure::table(&measured.rows, direction),
                    json!(measured.rows),
                );
                self.comparisons.insert(group.name, measured.comparison);
                if is_in_chart {
                    self.panels.push(Panel {
                        title: group.title,
                        rows: measured.rows,
                    });
                }
                shown
            }
        };
        terminal::print(format_args!(
            "\n{} ({})\n\n{table}",
            group.title, group.name
        ))?;
        self.results.insert(group.name.to_owned(), json);
        Ok(())
    }
}

fn write(file: &str, text: &str) -> Result<(), Error> {
    let path = workspace::root().join("bench").join(file);
    fs::write(&path, text)
        .map_err(|error| Error::msg(format!("cannot write {}: {error}", path.display())))?;
    terminal::note(format_args!("Wrote bench/{file}."));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        arguments: super::Arguments,
    }

    fn parse(words: &[&str]) -> Result<super::Arguments, String> {
        let parsed = CommandLine::try_parse_from(["bench"].iter().chain(words));
        let parsed = parsed.map_err(|error| error.to_string())?;
        Ok(parsed.arguments)
    }

    #[test]
    fn arguments_have_the_documented_defaults() {
        let arguments = parse(&[]).expect("no arguments");
        assert_eq!(arguments.seconds, 25);
        assert!(arguments.only.is_empty() && !arguments.check && !arguments.ours);
    }

    #[test]
    fn groups_can_be_given_as_a_list() {
        let arguments = parse(&["--only", "validate,start", "--seconds", "3"]).expect("two groups");
        assert_eq!(arguments.only, ["validate", "start"]);
        assert_eq!(arguments.seconds, 3);
    }

    #[test]
    fn wrong_arguments_are_refused_with_a_reason() {
        for (words, reason) in [
            (&["--seconds", "0"][..], "1..=600"),
            (&["--seconds"], "a value is required"),
            (&["--only", "tea"], "possible values"),
            (&["fast"], "unexpected argument"),
            (&["--against", "/nowhere"], "no built Worker"),
        ] {
            let error = parse(words).expect_err("refused");
            assert!(error.contains(reason), "{error}");
        }
    }
}
