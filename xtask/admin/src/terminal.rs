//! Output. `println!` panics if the reader of a pipe has gone or the disk is full, so nothing here uses it.

use anyhow::{Context as _, Result};
use std::fmt::Display;
use std::io::{self, ErrorKind, Read as _, Write as _};

/// Prints a line to standard output. A closed pipe is not an error: a reader such as `head` has read what it wanted.
pub fn print(line: impl Display) -> Result<()> {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Prints a line to standard error. If that cannot be written, there is no reader.
pub fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Reads a password from standard input, without the line end that `echo` and editors append.
pub fn read_password() -> Result<String> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password from standard input")?;
    let end = text.strip_suffix('\n').unwrap_or(&text);
    let end = end.strip_suffix('\r').unwrap_or(end).len();
    text.truncate(end);
    Ok(text)
}
