//! `cargo xtask fuzz`: the fuzz targets of fuzz/, under libFuzzer.
//!
//! cargo-fuzz needs a nightly Rust for its sanitizers; coverage counters work with the stable one. Only the crates of
//! this workspace get counters, including the generic code of other crates that they instantiate. cargo calls this
//! program in place of the compiler for them ([`compile`]), and compiles all other crates as usual.

use crate::{process, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Fuzz the parsers of untrusted input with libFuzzer
///
/// Builds fuzz/ with coverage counters and runs each target, or the named one. Inputs that reach new code are kept in
/// target/fuzz/corpus/ for the next run. An input that makes a target fail is written to target/fuzz/. Needs Linux or macOS,
/// and a C++ compiler.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Name of the target [default: all]
    target: Option<String>,
    /// Time for each target, in seconds
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Run the named target once, with this file as its input
    #[arg(long, value_name = "FILE", requires = "target")]
    input: Option<PathBuf>,
}

/// The flags of cargo-fuzz for coverage: counters of edges, their addresses, and the operands of comparisons. Without
/// optimization, a target would try a third of the inputs.
const FLAGS: [&str; 8] = [
    "-Copt-level=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Set when cargo calls this program as a compiler.
const COMPILES: &str = "EDGE_AUTH_FUZZ_COMPILES";

/// Runs the compiler with its arguments and the flags for coverage, if this program is called as a compiler.
pub fn compile() -> Option<ExitCode> {
    std::env::var_os(COMPILES)?;
    let mut args = std::env::args_os().skip(1);
    let mut rustc = Command::new(args.next()?);
    let status = rustc.args(args).args(FLAGS).status().ok()?;
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `cargo xtask fuzz`.
pub fn run(options: &Options) -> Result<()> {
    let folder = workspace::root().join("target/fuzz");
    let program = build()?;
    let names = names(&program)?;
    if let Some(target) = &options.target
        && !names.contains(target)
    {
        bail!(
            "target '{target}' not found; expected one of {}",
            names.join(", ")
        );
    }
    let chosen = options.target.as_ref();
    for name in names
        .iter()
        .filter(|name| chosen.is_none_or(|it| it == *name))
    {
        let mut command = fuzzer(&program, name);
        if let Some(input) = &options.input {
            command.arg(input);
        } else {
            terminal::note(format_args!("\n== {name}, {} s", options.seconds));
            set_limits(&mut command, &folder, name, options.seconds)?;
        }
        let mut child = process::start_group(&mut command)?;
        if !process::wait(&mut child)?.success() {
            bail!(
                "target '{name}' failed; its output is above; to run it again: cargo xtask fuzz {name} --input FILE"
            );
        }
    }
    Ok(())
}

fn build() -> Result<PathBuf> {
    let this = std::env::current_exe().context("cannot find this program")?;
    // The same cargo built both programs, so they are in one folder.
    let built = this.with_file_name("edge-auth-fuzz");
    let mut cargo = process::cargo();
    cargo
        .current_dir(workspace::root())
        .args(["build", "--package", "edge-auth-fuzz"])
        .args(["--features", "libfuzzer-sys"])
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(COMPILES, "1");
    process::run("Building the fuzz targets", &mut cargo)?;
    Ok(built)
}

fn fuzzer(program: &Path, target: &str) -> Command {
    let mut command = Command::new(program);
    command.env("EDGE_AUTH_FUZZ", target);
    command
}

/// The names of the targets, as the program lists them.
fn names(program: &Path) -> Result<Vec<String>> {
    let output = fuzzer(program, "list")
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.lines().map(str::to_owned).collect())
}

/// Sets where the target keeps its inputs, and its limits: a body has at most 16 KiB, and an input takes less than a
/// second.
fn set_limits(command: &mut Command, folder: &Path, name: &str, seconds: u32) -> Result<()> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus).with_context(|| format!("cannot create {}", corpus.display()))?;
    let found = folder.join(format!("{name}-"));
    command
        .env("EDGE_AUTH_FUZZ_SEEDS", &corpus)
        .arg(&corpus)
        .arg(format!("-dict={}.dict", corpus.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}", found.display()))
        .args(["-max_len=20000", "-timeout=5", "-rss_limit_mb=1024"])
        .args(["-print_final_stats=1", "-verbosity=0"]);
    Ok(())
}
