//! Input of the user: passwords, names, and consent to changes that revoke or delete something.

use crate::failure::usage;
use crate::terminal;
use anyhow::{Context as _, Result, bail};
use cli::Consent;
use edge_auth::crypto::secret::Secret;
use std::io::{self, IsTerminal as _, Read as _, Write as _};

/// Reads a password from standard input, without the line end that `echo` and editors append.
///
/// # Errors
/// Input that cannot be read.
pub fn piped_password() -> Result<Secret> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password from standard input")?;
    let end = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(end.strip_suffix('\r').unwrap_or(end)))
}

/// Asks for the password of a user on the terminal. It is not shown.
///
/// # Errors
/// No terminal.
pub fn ask_password(username: &str) -> Result<Secret> {
    if !io::stdin().is_terminal() {
        return Err(usage(
            "missing password: there is no terminal to ask for it; use --password-stdin",
        ));
    }
    ask_secret(&format!("Password of {username}: "))
}

/// Asks for a secret on the terminal. It is not shown.
///
/// # Errors
/// No terminal.
pub fn ask_secret(prompt: &str) -> Result<Secret> {
    let typed = rpassword::prompt_password(terminal::neutral(prompt));
    Ok(Secret::new(typed.context("cannot read from the terminal")?))
}

/// Asks for a line on the terminal. `missing` is the error if there is no terminal.
///
/// # Errors
/// No terminal.
pub fn ask(prompt: &str, missing: &str) -> Result<String> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(usage(missing));
    }
    let mut output = io::stderr().lock();
    let prompt = terminal::neutral(prompt);
    let _ = write!(output, "{prompt}").and_then(|()| output.flush());
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .context("cannot read from the terminal")?;
    Ok(line.trim().to_owned())
}

/// States what a command is about to revoke or delete. Unless the command has `--yes`, asks for this word as consent.
///
/// # Errors
/// Another answer, or no terminal.
pub fn confirm(statement: &str, word: &str, consent: Consent) -> Result<()> {
    terminal::note(statement);
    if consent.yes {
        return Ok(());
    }
    let answer = ask(
        &format!("Type {word} to continue: "),
        "missing --yes: there is no terminal to ask for consent; nothing was changed",
    )?;
    if answer != word {
        bail!("not confirmed; nothing was changed");
    }
    Ok(())
}
