//! Where an export is written: a new file that its owner only may read, or standard output.

use crate::terminal;
use anyhow::{Context as _, Result, anyhow};
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// An export in progress.
pub enum Output {
    File(File, PathBuf),
    Stdout,
}

impl Output {
    /// Creates the file, if there is one.
    ///
    /// # Errors
    /// A file that exists or cannot be created.
    pub fn create(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Stdout);
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow!("{} already exists", path.display()),
            _ => anyhow!(error).context(format!("cannot create {}", path.display())),
        })?;
        Ok(Self::File(file, path.to_owned()))
    }

    /// Writes a text, to a terminal without characters that it would interpret. False if the reader of standard output has closed it.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn write(&mut self, text: &str) -> Result<bool> {
        match self {
            Self::File(file, path) => file
                .write_all(text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))
                .map(|()| true),
            Self::Stdout => {
                let mut output = io::stdout().lock();
                let shown = shown(text, output.is_terminal());
                let written = output
                    .write_all(shown.as_bytes())
                    .and_then(|()| output.flush());
                match written {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
                    written => written
                        .context("cannot write to standard output")
                        .map(|()| true),
                }
            }
        }
    }

    /// Where it was written, for a message; nothing for standard output.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::File(_, path) => Some(path.display().to_string()),
            Self::Stdout => None,
        }
    }
}

/// JSON for standard output.
fn shown(text: &str, is_terminal: bool) -> Cow<'_, str> {
    if is_terminal {
        Cow::Owned(terminal::neutral(text))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn export_is_neutralized_on_a_terminal_only() {
        let line = "{\"name\":\"a\u{9b}2Jb\"}\n";
        assert_eq!(shown(line, true), "{\"name\":\"a\\u009b2Jb\"}\n");
        assert_eq!(shown(line, false), line);
    }
}
