//! `cargo xtask help`: the overview.

use crate::{COMMANDS, Command, terminal};
use std::process::ExitCode;

pub const COMMAND: Command = Command {
    name: "help",
    about: "show this overview",
    help: Some("Usage: cargo xtask help\n\nLists every command."),
    run: |_| {
        terminal::print(overview())?;
        Ok(ExitCode::SUCCESS)
    },
};

fn overview() -> String {
    let usage = "Usage: cargo xtask <command> [--help]   (`cargo dev` is `cargo xtask dev`)\n";
    let commands = COMMANDS
        .iter()
        .map(|command| format!("\n  {:<10} {}", command.name, command.about));
    std::iter::once(usage.to_owned()).chain(commands).collect()
}

#[cfg(test)]
mod tests {
    use super::overview;
    use crate::COMMANDS;

    #[test]
    fn the_overview_names_every_command() {
        let text = overview();
        for command in COMMANDS {
            assert!(
                text.contains(&format!("\n  {} ", command.name)),
                "{}",
                command.name
            );
        }
    }
}
