//! Passwords from standard input.

use anyhow::{Context as _, Result};
use std::io::{self, Read as _};

/// Reads a password, without the line end that `echo` and editors append.
///
/// # Errors
/// Input that cannot be read.
pub fn read() -> Result<String> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password from standard input")?;
    let end = text.strip_suffix('\n').unwrap_or(&text);
    let end = end.strip_suffix('\r').unwrap_or(end).len();
    text.truncate(end);
    Ok(text)
}
