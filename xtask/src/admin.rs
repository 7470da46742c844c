//! The administrator's commands: compiles `edge-auth-admin` and passes the arguments to it.

use crate::{process, setup, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// Runs the program with the arguments of this process.
pub fn run() -> Result<ExitCode> {
    setup::check_openssl()?;
    let program = build()?;
    // The program reads passwords from standard input.
    let status = Command::new(&program)
        .args(env::args_os().skip(1))
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Builds the program. Prints what cargo compiles, or nothing if the program is up to date.
fn build() -> Result<PathBuf> {
    let mut cargo = process::cargo();
    cargo
        .current_dir(workspace::root())
        .args(["build", "--package", "edge-auth-admin"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = process::start_group(&mut cargo)?;
    process::each_line(child.stderr.take(), |line| {
        if !line.trim_start().starts_with("Finished ") {
            terminal::note(line);
        }
    });
    if !process::wait(&mut child)?.success() {
        bail!("cannot compile edge-auth-admin; the output of cargo is above");
    }
    // The same cargo built both programs, so they are in one folder.
    let this = env::current_exe().context("cannot find this program")?;
    Ok(this.with_file_name(format!("edge-auth-admin{}", env::consts::EXE_SUFFIX)))
}
