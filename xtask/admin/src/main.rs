//! The administrator's commands, which `cargo xtask user`, `audit`, `aws-login` and `blocklist` compile and run.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod aws_login;
mod blocklist;
mod entries;
mod new_user;
mod password_input;
mod random;
mod service;
mod settings;
mod sql;
mod table;
mod target;
mod user;
mod wrangler;

use anyhow::Result;
use clap::Parser;
use cli::{Command, terminal};
use std::process::ExitCode;

/// Administer a service
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => run(cli.command),
        Err(error) => return cli::report(&error),
    };
    outcome.unwrap_or_else(|error| {
        terminal::note(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> Result<ExitCode> {
    let text = match command {
        Command::User(user) => user::run(user.command)?,
        Command::Audit(audit) => return Ok(audit::run(&audit.command)),
        Command::AwsLogin(login) => aws_login::run(&login)?,
        Command::Blocklist(files) => blocklist::write(&files.input, &files.output)?,
    };
    terminal::print(text)?;
    Ok(ExitCode::SUCCESS)
}
