//! Prints clap's help and errors.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::{ErrorKind as IoErrorKind, Write as _};
use std::process::ExitCode;

/// Prints help to standard output (exit code 0) or a usage error to standard error (exit code 2).
#[must_use]
pub fn report(error: &Error) -> ExitCode {
    if let Some(message) = missing(error) {
        // A failure is ignored, because no reader would see a message about it.
        let _ = writeln!(
            std::io::stderr(),
            "error: {message}\n\nFor more information, try '--help'."
        );
        return ExitCode::from(2);
    }
    match error.print() {
        // A closed pipe is not an error: a reader such as `head` may stop early.
        Err(failure) if failure.kind() != IoErrorKind::BrokenPipe => {
            let _ = writeln!(
                std::io::stderr(),
                "error: cannot write to standard output: {failure}"
            );
            ExitCode::FAILURE
        }
        _ => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}

/// One line about missing required options, in place of clap's list.
fn missing(error: &Error) -> Option<String> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(arguments)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let first = arguments.first()?;
    if first.contains("--local") {
        return Some("choose a target: --local or --remote [--env NAME]".to_owned());
    }
    if let Some(options) = first
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        && options.contains('|')
    {
        let names = options.split('|').map(|option| option.split(' ').next());
        let names: Vec<&str> = names.flatten().collect();
        return Some(format!("give at least one of {}", names.join(", ")));
    }
    Some(match first.split(' ').next() {
        Some(option) if option.starts_with("--") => format!("missing required option {option}"),
        _ => format!("missing required argument {first}"),
    })
}

#[cfg(test)]
pub fn text(error: &Error) -> String {
    missing(error).map_or_else(|| error.to_string(), |message| format!("error: {message}"))
}
