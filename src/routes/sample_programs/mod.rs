//! The sample programs that the credentials pages show. Each runs as printed once the variables that it names are set. It
//! contains no secret, and configured values appear in it as literals only, so they cannot add code.

pub mod bedrock;
mod literal;
pub mod nvidia;

/// The same call in three languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    /// For a POSIX shell with curl 7.76 or later.
    pub curl: String,
    /// An ES module for Node.js.
    pub node: String,
    /// A Python script.
    pub python: String,
}

/// The prompt that the programs send.
const PROMPT: &str = "Write one sentence about the sea.";
