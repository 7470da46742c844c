//! The programs that the credentials pages show. Each runs as printed once the variables that it names are set; none
//! holds a secret, and none of its texts is anything but data, whatever the configuration says.

pub mod bedrock;
mod literal;
pub mod nvidia;

/// The same call three times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    /// For a POSIX shell with curl 7.76 or later.
    pub curl: String,
    /// An ES module.
    pub node: String,
    /// A script.
    pub python: String,
}

/// What the model is asked.
const PROMPT: &str = "Write one sentence about the sea.";
