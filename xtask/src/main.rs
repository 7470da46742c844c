//! `cargo dev` and `cargo xtask …`: everything that is done to this repository, the same on Linux, macOS and Windows.
//!
//! One file a command; `COMMANDS` is the whole list. The administrator's commands live in a crate of their own
//! (`xtask/admin`), because they need the Worker's rules and Argon2, and this crate has to compile in a few seconds.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod admin;
mod bench;
mod build;
mod cache;
mod clone;
mod deny;
mod dev;
mod env;
mod failed;
mod fuzz;
mod help;
mod process;
mod setup;
mod terminal;
mod tools;

use failed::Failed;
use std::process::ExitCode;

/// What one word after `cargo xtask` does.
struct Command {
    name: &'static str,
    /// One line for the overview.
    about: &'static str,
    /// The whole help; `None` if the command explains itself.
    help: Option<&'static str>,
    run: fn(&[String]) -> Result<ExitCode, Failed>,
}

const COMMANDS: &[Command] = &[
    dev::COMMAND,
    setup::COMMAND,
    build::COMMAND,
    env::COMMAND,
    bench::COMMAND,
    fuzz::COMMAND,
    deny::COMMAND,
    admin::USER,
    admin::AUDIT,
    admin::AWS_LOGIN,
    help::COMMAND,
];

fn main() -> ExitCode {
    if let Some(code) = fuzz::compile() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = process::end_children_on_interrupt().and_then(|()| run(&words));
    outcome.unwrap_or_else(|failed| {
        if let Some(sentence) = failed.sentence() {
            terminal::tell(sentence);
        }
        failed.exit_code()
    })
}

fn run(words: &[String]) -> Result<ExitCode, Failed> {
    let Some((name, rest)) = words.split_first() else {
        return (help::COMMAND.run)(&[]);
    };
    let name = if name == "--help" || name == "-h" {
        "help"
    } else {
        name
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failed::because(format!(
            "There is no command `{name}`; `cargo xtask help` lists those that exist."
        )));
    };
    match command.help {
        Some(text) if rest.iter().any(|word| word == "--help" || word == "-h") => {
            terminal::print(text)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => (command.run)(rest),
    }
}

/// For commands that take nothing but their own name.
fn no_words(words: &[String]) -> Result<(), Failed> {
    words.first().map_or(Ok(()), |word| {
        Err(Failed::because(format!(
            "`{word}` means nothing here; `--help` says what does."
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, run};

    #[test]
    fn every_command_has_its_own_name_and_its_help_says_how_to_call_it() {
        for (index, command) in COMMANDS.iter().enumerate() {
            assert!(
                COMMANDS[..index]
                    .iter()
                    .all(|other| other.name != command.name)
            );
            if let Some(help) = command.help {
                assert!(
                    help.contains(&format!("cargo xtask {}", command.name))
                        || help.contains(&format!("cargo {}", command.name)),
                    "{}",
                    command.name
                );
            }
        }
    }

    #[test]
    fn an_unknown_command_is_named() {
        let failed = run(&["deploy".to_owned()]).expect_err("no such command");
        assert_eq!(
            failed.sentence(),
            Some("There is no command `deploy`; `cargo xtask help` lists those that exist.")
        );
    }
}
