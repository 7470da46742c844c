//! `cargo xtask deny`: cargo-deny with `deny.toml`.

use crate::tools::CargoTool;
use crate::{process, setup, workspace};
use anyhow::{Context as _, Result};
use std::process::{Command, ExitCode};

/// Check licences, origins and versions of all dependencies against deny.toml
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Also check for known vulnerabilities; downloads the RustSec database from GitHub
    #[arg(long)]
    advisories: bool,
}

/// `cargo xtask deny`.
pub fn run(options: &Options) -> Result<ExitCode> {
    let tool = CargoTool::cargo_deny();
    setup::install(&tool)?;
    let mut command = Command::new(tool.path()?);
    process::forget_this_package(&mut command);
    let status = command
        .current_dir(workspace::root())
        .args(["--workspace", "check", "--hide-inclusion-graph"])
        .args(["licenses", "bans", "sources"])
        .args(options.advisories.then_some("advisories"))
        .status()
        .context("cannot start cargo-deny")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
