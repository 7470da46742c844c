//! The one way in which a command fails: a sentence for the person at the terminal, and an exit code.

use std::{fmt, io, path::Path, process::ExitCode};

/// Why a command ended early.
pub struct Failed {
    sentence: Option<String>,
    code: u8,
}

impl Failed {
    /// Exit code 1 and this sentence.
    pub fn because(sentence: impl Into<String>) -> Self {
        Self {
            sentence: Some(sentence.into()),
            code: 1,
        }
    }

    /// The person pressed Ctrl-C: nothing to explain; 130 is what shells report for it.
    pub const fn interrupted() -> Self {
        Self {
            sentence: None,
            code: 130,
        }
    }

    /// A file or folder could not be read, written or made.
    pub fn file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::because(format!("Cannot {verb} {}: {error}.", path.display()))
    }

    /// What to print, if anything.
    pub fn sentence(&self) -> Option<&str> {
        self.sentence.as_deref()
    }

    /// What the process exits with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence().unwrap_or("interrupted"))
    }
}
