//! The administrator's commands, which `cargo xtask login`, `user`, `session`, `audit` and others compile and run: clients of the API.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod aws_login;
mod blocklist;
mod clients;
mod code;
mod credentials;
mod failure;
mod http;
mod input;
mod login;
mod output;
mod random;
mod service;
mod sessions;
mod sign_in;
mod status;
mod table;
mod terminal;
mod users;

use anyhow::Result;
use clap::Parser;
use cli::Command;
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
        ExitCode::from(failure::exit_code(&error))
    })
}

fn run(command: Command) -> Result<ExitCode> {
    let text = match command {
        Command::Login(options) => login::login(&options)?,
        Command::Logout(options) => login::logout(&options)?,
        Command::Session(session) => sessions::run(&session.command)?,
        Command::Client(client) => clients::run(&client.command)?,
        Command::Status(status) => status::run(&status.service)?,
        Command::User(user) => users::run(&user.command)?,
        Command::Audit(audit) => return Ok(audit::run(&audit.command)),
        Command::AwsLogin(login) => aws_login::run(&login)?,
        Command::Blocklist(files) => blocklist::write(&files.input, &files.output)?,
    };
    if !text.is_empty() {
        terminal::print(text)?;
    }
    Ok(ExitCode::SUCCESS)
}
