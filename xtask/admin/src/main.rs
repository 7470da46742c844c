//! What an administrator does from the command line: `cargo xtask user …` and the like are handed on to this program.
//!
//! Apart from `cargo xtask` itself, because it needs the Worker's rules and Argon2, which take long to compile.

mod arguments;
mod aws_login;
mod blocklist;
mod person;
mod place;
mod sql;
mod user;

use arguments::Action;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    let outcome = if words.next_if(|word| word == "aws-login").is_some() {
        aws_login::start(words)
    } else {
        arguments::read(words).and_then(act)
    };
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
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
