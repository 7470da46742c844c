//! `docs/reference/cli.md`, which is generated from the help texts.

use crate::{Cli, workspace};
use clap::{Command, CommandFactory as _};
use std::env;
use std::fmt::Write as _;
use std::fs;

const INTRODUCTION: &str = "\
# Command line

`cargo dev` runs the Worker on this machine. `cargo xtask` has all other tasks. The commands that administer a service (`login`,
`logout`, `user`, `session`, `client`, `audit`, `status` and `aws-login`) are clients of its API. `bootstrap` writes to its database. All
commands run in any folder of a clone of this repository. `--help` prints the texts of this page.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | the command failed, for example because the service refused it, a user or file was not found, or consent was not given. `audit verify`: the audit log does not match |
| 2 | the arguments are invalid, or a required option, a password, or `--yes` without a terminal is missing |
| 3 | the service does not respond or is unavailable (5xx), or its rate limit (429) was still exceeded after two more attempts. `audit verify`: it could not be verified |
| 130 | interrupted with Ctrl-C |

Results go to standard output, and messages, questions and errors to standard error. Errors have the form
`error: user 'nobody' not found`.
";

fn page() -> String {
    let mut root = Cli::command().term_width(100).disable_help_subcommand(true);
    root.build();
    let mut page = INTRODUCTION.to_owned();
    for command in root.get_subcommands() {
        section(&mut page, command, "cargo xtask");
    }
    page
}

fn section(page: &mut String, command: &Command, parent: &str) {
    let name = match command.get_name() {
        "dev" => "cargo dev".to_owned(),
        name => format!("{parent} {name}"),
    };
    let help = command.clone().render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", text.trim_end());
    for command in command.get_subcommands() {
        section(page, command, &name);
    }
}

#[test]
fn cli_reference_matches_the_help_texts() {
    let path = workspace::root().join("docs/reference/cli.md");
    let expected = page();
    if env::var_os("WRITE_CLI").is_some() {
        fs::write(&path, &expected).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/reference/cli.md is out of date; run: WRITE_CLI=1 cargo test -p xtask cli_reference"
    );
}
