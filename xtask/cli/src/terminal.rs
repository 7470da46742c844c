//! Output. Nothing here uses `println!`, because it panics if the reader of a pipe has gone or the disk is full.

use anyhow::{Context as _, Result};
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

/// Prints a line to standard output. A closed pipe is not an error: a reader such as `head` may stop early.
///
/// # Errors
/// A full disk, for example.
pub fn print(line: impl Display) -> Result<()> {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Prints a line about progress or a problem to standard error. Ignores failures, because no reader would see a message
/// about them.
pub fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether standard output shows colors.
#[must_use]
pub fn has_colors() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
