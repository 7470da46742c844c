//! `cargo xtask fuzz`: every reader of outside bytes against bytes that libFuzzer chooses by what they reach.
//!
//! cargo-fuzz wants a nightly Rust for its sanitizers; coverage alone comes with the stable one. Only this workspace's own
//! crates get its counters, and what they instantiate of others: cargo calls this program in place of their compiler
//! ([`compile`]), and takes all other crates as they are there.

use crate::terminal;
use crate::{
    Command, clone,
    failed::Failed,
    process::{self, LongStep},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Program, ExitCode},
};

pub const COMMAND: Command = Command {
    name: "fuzz",
    about: "throw chosen bytes at every reader of bytes from outside",
    help: Some(
        "Usage: cargo xtask fuzz [TARGET] [--seconds N] [--input FILE]

Builds fuzz/ with coverage counters and runs each target, or the one named, under libFuzzer. What was found worth keeping
stays in target/fuzz/corpus/ for the next run. Input that makes a target fail is written to target/fuzz/, and said so.
Linux and macOS; wants a C++ compiler.

  --seconds N    seconds for each target (default: 60)
  --input FILE   run the named target once, on this",
    ),
    run,
};

/// What cargo-fuzz passes for coverage: counters of edges, their addresses, and what values are compared with. Unoptimised,
/// a target would try a third as much.
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

/// Set where cargo calls this program as a compiler.
const COMPILES: &str = "EDGE_AUTH_FUZZ_COMPILES";

/// If this program is called as a compiler: the compiler and its words, with the flags of coverage.
pub fn compile() -> Option<ExitCode> {
    std::env::var_os(COMPILES)?;
    let mut words = std::env::args_os().skip(1);
    let mut rustc = Program::new(words.next()?);
    let status = rustc.args(words).args(FLAGS).status().ok()?;
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Options {
    target: Option<String>,
    seconds: u32,
    input: Option<PathBuf>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self, Failed> {
        let mut options = Self {
            target: None,
            seconds: 60,
            input: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| Failed::because(format!("{word} wants a value.")))
            };
            match word.as_str() {
                "--seconds" => {
                    let text = value()?;
                    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
                    options.seconds = seconds.ok_or_else(|| {
                        Failed::because(format!("`{text}` is no number of seconds."))
                    })?;
                }
                "--input" => options.input = Some(value()?.into()),
                name if !name.starts_with('-') && options.target.is_none() => {
                    options.target = Some(name.to_owned());
                }
                _ => {
                    return Err(Failed::because(format!(
                        "`{word}` means nothing here; `--help` says what does."
                    )));
                }
            }
        }
        if options.input.is_some() && options.target.is_none() {
            return Err(Failed::because("--input wants a target before it."));
        }
        Ok(options)
    }
}

fn run(words: &[String]) -> Result<ExitCode, Failed> {
    let options = Options::read(words)?;
    let folder = clone::root().join("target/fuzz");
    let program = build()?;
    let names = names(&program)?;
    if let Some(target) = &options.target
        && !names.contains(target)
    {
        return Err(Failed::because(format!(
            "There is no target `{target}`; there are {}.",
            names.join(", ")
        )));
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
            terminal::tell(format_args!("\n== {name}, {} s", options.seconds));
            aim(&mut command, &folder, name, options.seconds)?;
        }
        let mut child = process::start(&mut command)
            .map_err(|error| Failed::file("start", &program, &error))?;
        if !process::wait(&mut child, || ())?.success() {
            return Err(Failed::because(format!(
                "{name} failed, see above; `cargo xtask fuzz {name} --input FILE` shows it again."
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn build() -> Result<PathBuf, Failed> {
    let this = std::env::current_exe()
        .map_err(|error| Failed::because(format!("Cannot find this program: {error}.")))?;
    // Built by the same cargo, so beside this one.
    let built = this.with_file_name("edge-auth-fuzz");
    let what = "Building the fuzz targets";
    let mut cargo = process::cargo();
    cargo
        .current_dir(clone::root())
        .args(["build", "--package", "edge-auth-fuzz"])
        .args(["--features", "libfuzzer-sys"])
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(COMPILES, "1");
    LongStep {
        what,
        why: "with coverage counters; about a minute the first time",
    }
    .run(&mut cargo)
    .map_err(|ended| ended.explain(what))?;
    Ok(built)
}

fn fuzzer(program: &Path, target: &str) -> Program {
    let mut command = Program::new(program);
    command.env("EDGE_AUTH_FUZZ", target);
    command
}

/// The program's own list.
fn names(program: &Path) -> Result<Vec<String>, Failed> {
    let output = fuzzer(program, "list")
        .output()
        .map_err(|error| Failed::file("start", program, &error))?;
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.lines().map(str::to_owned).collect())
}

/// Where it keeps what it finds, and its bounds: a body may have 16 KiB, and nothing takes a second.
fn aim(command: &mut Program, folder: &Path, name: &str, seconds: u32) -> Result<(), Failed> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus).map_err(|error| Failed::file("make", &corpus, &error))?;
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

#[cfg(test)]
mod tests {
    use super::Options;

    fn read(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).map_err(|failed| failed.sentence().unwrap_or_default().to_owned())
    }

    #[test]
    fn words_are_a_target_and_bounds() {
        let options = read(&["token", "--seconds", "5"]).expect("options");
        assert_eq!(
            (options.target.as_deref(), options.seconds),
            (Some("token"), 5)
        );
        assert_eq!(read(&[]).expect("options").seconds, 60);
        for words in [
            &["--seconds"][..],
            &["--seconds", "0"],
            &["--seconds", "x"],
            &["a", "b"],
            &["--input", "file"],
            &["--fast"],
        ] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
