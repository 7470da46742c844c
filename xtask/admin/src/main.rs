//! What an administrator does from the command line: `cargo xtask user …` and the like are handed on to this program.
//!
//! Apart from `cargo xtask` itself, because it needs the Worker's rules and Argon2, which take long to compile.

mod arguments;
mod blocklist;
mod person;
mod place;
mod sql;
mod user;

use arguments::Action;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = arguments::read(std::env::args_os().skip(1)).and_then(|action| match action {
        Action::Help(text) => Ok(text.to_owned()),
        Action::Blocklist { list, set } => blocklist::write(&list, &set),
        Action::User { command, place } => user::run(command, &place),
    });
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
