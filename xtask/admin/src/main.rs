//! What an administrator does from the command line: `cargo xtask user …` and the like are handed on to this program.
//!
//! Apart from `cargo xtask` itself, because it needs the Worker's rules and Argon2, which take long to compile.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod audit;
mod aws_login;
mod blocklist;
mod entries;
mod person;
mod place;
mod service;
mod sql;
mod table;
mod terminal;
mod user;

use arguments::Action;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    let outcome = if words.next_if(|word| word == "aws-login").is_some() {
        aws_login::start(words).map(Answer::good)
    } else if words.next_if(|word| word == "audit").is_some() {
        audit::start(words)
    } else {
        arguments::read(words).and_then(act).map(Answer::good)
    };
    let printed = outcome.and_then(|answer| {
        terminal::print(answer.text)?;
        Ok(answer.is_good)
    });
    match printed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            terminal::tell(sentence);
            ExitCode::FAILURE
        }
    }
}

/// What a command found.
struct Answer {
    text: String,
    /// What is found can be bad, however well it was looked for.
    is_good: bool,
}

impl Answer {
    fn good(text: String) -> Self {
        Self {
            text,
            is_good: true,
        }
    }
}

fn act(action: Action) -> Result<String, String> {
    match action {
        Action::Help(text) => Ok(text.to_owned()),
        Action::Blocklist { list, set } => blocklist::write(&list, &set),
        Action::User { command, place } => user::run(command, &place),
    }
}
