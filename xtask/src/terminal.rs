//! Output. `println!` panics if the reader of a pipe has gone or the disk is full, so nothing here uses it.

use anyhow::{Context as _, Result};
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard output. A closed pipe is not an error: a reader such as `head` has read what it wanted.
pub fn print(line: impl Display) -> Result<()> {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            IS_CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.context("cannot write to standard output"),
    }
}

/// Whether the reader of standard output has gone, even if nothing was written since.
pub fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::Relaxed) || has_no_reader()
}

#[cfg(unix)]
fn has_no_reader() -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd as _;
    let output = io::stdout();
    let mut descriptors = [PollFd::new(output.as_fd(), PollFlags::empty())];
    poll(&mut descriptors, PollTimeout::ZERO).is_ok()
        && descriptors[0]
            .revents()
            .is_some_and(|events| events.contains(PollFlags::POLLERR))
}

#[cfg(not(unix))]
const fn has_no_reader() -> bool {
    false
}

/// Prints a line about progress or a problem to standard error. If that cannot be written, there is no reader.
pub fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether standard output shows colors.
pub fn has_colors() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
