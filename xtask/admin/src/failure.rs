//! The cause of a failed command, and its exit code.

use anyhow::Error;
use cli::InvalidUrl;
use std::fmt;

/// A failure that does not have the exit code 1.
#[derive(Debug)]
pub enum Failure {
    /// The arguments are invalid, or a required option, password or consent is missing.
    Usage(String),
    /// The service does not respond or is unavailable. The result is unknown.
    Unavailable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(text) | Self::Unavailable(text)) = self;
        formatter.write_str(text)
    }
}

impl std::error::Error for Failure {}

/// An error with the exit code of invalid arguments.
pub fn usage(text: impl Into<String>) -> Error {
    Failure::Usage(text.into()).into()
}

/// An error with the exit code of a service that is unavailable.
pub fn unavailable(text: impl Into<String>) -> Error {
    Failure::Unavailable(text.into()).into()
}

/// The exit code: 1, or 2 for invalid arguments, or 3 for a service that is unavailable.
pub fn exit_code(error: &Error) -> u8 {
    if error.is::<InvalidUrl>() {
        return 2;
    }
    match error.downcast_ref() {
        Some(Failure::Usage(_)) => 2,
        Some(Failure::Unavailable(_)) => 3,
        None => 1,
    }
}
