//! What is printed. `println!` panics where the reader of a pipe has gone or the disk is full, so nothing here uses it.

use crate::failed::Failed;
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    sync::atomic::{AtomicBool, Ordering},
};

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard output. A reader that has gone, such as `head`, has read what it wanted: not an error.
pub fn print(line: impl Display) -> Result<(), Failed> {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            IS_CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written
            .map_err(|error| Failed::because(format!("Cannot write to standard output: {error}."))),
    }
}

/// Whether the reader of standard output has gone.
pub fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
}

/// Tells the person at the terminal what happens. Standard error that cannot be written has no reader.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
