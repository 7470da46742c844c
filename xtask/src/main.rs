//! `cargo dev` and `cargo xtask …`: the tasks of this repository, the same on Linux, macOS and Windows.
//!
//! Each command has a file. The administrator's commands are a separate program (`xtask/admin`), because they depend on
//! the Worker, which takes minutes to compile.

#![deny(clippy::print_stdout, clippy::print_stderr)]
#![expect(
    clippy::doc_markdown,
    reason = "doc comments of arguments are help texts"
)]

mod admin;
mod bench;
mod bootstrap;
mod build;
mod cache;
#[cfg(test)]
mod cli_reference;
mod deny;
mod dev;
mod fuzz;
mod keys;
mod pages;
mod process;
mod random;
mod setup;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use cli::{node, terminal, workspace};
use process::Interrupted;
use std::process::ExitCode;

/// Tasks of this repository: build, run, measure and check the Worker, and administer a service
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Options),
    /// Install the pinned tools that are missing
    ///
    /// Installs the Rust target wasm32-unknown-unknown, the npm packages of package-lock.json into node_modules, and
    /// worker-build and wasm-bindgen into EDGE_AUTH_CACHE [default: edge-auth in the system's cache folder]. Takes about four
    /// minutes on a new machine and about 20 s in a new clone. Needs rustup, Node 20 or later with npm, a C compiler, and on
    /// Linux pkg-config and the OpenSSL headers.
    Setup,
    /// Build the Worker and its pages into build/, if their sources have changed
    ///
    /// wrangler runs this command before it starts or deploys the Worker and after each change in src/ and pages/. For `wrangler dev` the
    /// Worker's own code is not optimized, so that it compiles faster.
    Build,
    /// Print the paths of Node and of the npm packages as EDGE_AUTH_NODE=… and EDGE_AUTH_NODE_MODULES=…
    Env,
    Bench(bench::Arguments),
    Fuzz(fuzz::Options),
    Deny(deny::Options),
    Bootstrap(bootstrap::Options),
    Keys(keys::Options),
    #[command(flatten)]
    Admin(cli::Command),
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::compile() {
        return code;
    }
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return cli::report(&error),
    };
    let outcome = process::catch_interrupts().and_then(|()| run(command));
    outcome.unwrap_or_else(|error| {
        if error.is::<Interrupted>() {
            // The exit code that shells report for Ctrl-C.
            return ExitCode::from(130);
        }
        terminal::note(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Dev(options) => dev::run(&options)?,
        Command::Setup => {
            let _ = setup::ensure()?;
            terminal::print("All tools are installed.")?;
        }
        Command::Build => build::run()?,
        Command::Env => {
            let _ = setup::ensure()?;
            terminal::print(format_args!("EDGE_AUTH_NODE={}", node::node().display()))?;
            let modules = node::node_modules();
            terminal::print(format_args!("EDGE_AUTH_NODE_MODULES={}", modules.display()))?;
        }
        Command::Bench(arguments) => return bench::run(arguments),
        Command::Fuzz(options) => fuzz::run(&options)?,
        Command::Deny(options) => return deny::run(&options),
        Command::Bootstrap(options) => bootstrap::run(&options)?,
        Command::Keys(options) => keys::run(&options)?,
        Command::Admin(_) => return admin::run(),
    }
    Ok(ExitCode::SUCCESS)
}
