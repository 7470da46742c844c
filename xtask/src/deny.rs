//! `cargo xtask deny`: cargo-deny with `deny.toml`.

use crate::{Command, clone, failed::Failed, process, setup};
use std::process::{Command as Program, ExitCode};

pub const COMMAND: Command = Command {
    name: "deny",
    about: "check licences and origins of all dependencies",
    help: Some(
        "Usage: cargo xtask deny [--advisories]

Checks every dependency's licence, origin and version against deny.toml. --advisories also compares them with RustSec's
database of known vulnerabilities, which is fetched from GitHub.",
    ),
    run,
};

fn run(words: &[String]) -> Result<ExitCode, Failed> {
    let checks: &[&str] = match words {
        [] => &["licenses", "bans", "sources"],
        [word] if word == "--advisories" => &["licenses", "bans", "sources", "advisories"],
        [word, ..] => {
            return Err(Failed::because(format!(
                "`{word}` means nothing here; `--help` says what does."
            )));
        }
    };
    let mut command = Program::new(setup::install_cargo_deny()?);
    process::forget_this_package(&mut command);
    let status = command
        .current_dir(clone::root())
        .args(["--workspace", "check", "--hide-inclusion-graph"])
        .args(checks)
        .status()
        .map_err(|error| Failed::because(format!("Cannot start cargo-deny: {error}.")))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
