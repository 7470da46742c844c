//! Terminal output. `println!` panics if the reader of a pipe has gone or the disk is full, so nothing here uses it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line to standard output. A closed pipe is not an error: a reader such as `head` has read what it wanted.
///
/// # Errors
/// A sentence about any other error of standard output.
pub fn print(line: impl Display) -> Result<(), String> {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| format!("Cannot write to standard output: {error}.")),
    }
}

/// Tells the person at the terminal something. Standard error that cannot be written has no reader.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
