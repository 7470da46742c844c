//! Where an export is written: a new file that its owner only may read, or standard output.

use anyhow::{Context as _, Result, anyhow};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
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

    /// Writes a text as it is. False if the reader of standard output has closed it.
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
                let written = output
                    .write_all(text.as_bytes())
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
