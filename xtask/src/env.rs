//! `cargo xtask env`: where the tools are, for other programs.

use crate::{Command, setup, terminal};
use std::process::ExitCode;

pub const COMMAND: Command = Command {
    name: "env",
    about: "print where Node and the npm packages are",
    help: Some(
        "Usage: cargo xtask env

Prints EDGE_AUTH_NODE=… (the Node that wrangler accepts) and EDGE_AUTH_NODE_MODULES=… (the folder of the npm packages) to
standard output, and nothing else there. Installs what is missing first, as `cargo xtask setup` does. The API tests and
`cargo xtask user` take these two from the environment if they are set there.",
    ),
    run: |words| {
        crate::no_words(words)?;
        let tools = setup::ensure()?;
        terminal::print(format_args!("EDGE_AUTH_NODE={}", tools.node().display()))?;
        terminal::print(format_args!("EDGE_AUTH_NODE_MODULES={}", tools.node_modules().display()))?;
        Ok(ExitCode::SUCCESS)
    },
};
