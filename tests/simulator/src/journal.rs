//! What was asked, without what is secret in it.

use crate::operation::Operation;
use serde::Serialize;

/// A request and its fate.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counts from 1 in the order of arrival.
    pub number: u64,
    /// Arrival, milliseconds since 1970, by the simulator's clock.
    pub at: i64,
    /// `None` for the approval page and for what is no operation.
    pub operation: Option<Operation>,
    /// HTTP method.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Whoever approved the sign-in that this belongs to, or whom Identity Store was asked about.
    pub person: Option<String>,
    /// Of the sign-in that this belongs to.
    pub user_code: Option<String>,
    /// As registered.
    pub client_name: Option<String>,
    /// As claimed by the signature.
    pub access_key_id: Option<String>,
    /// Of the genuine reply; what went out instead, `effect` tells.
    pub status: u16,
    /// The genuine reply's error by name.
    pub error: Option<String>,
    /// The rule's effect, if one applied.
    pub effect: Option<String>,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ", self.status)?;
        match self.operation {
            Some(operation) => write!(formatter, "{operation:?}")?,
            None => write!(formatter, "{} {}", self.method, self.path)?,
        }
        for part in [&self.error, &self.user_code, &self.person]
            .into_iter()
            .flatten()
        {
            write!(formatter, " {part}")?;
        }
        match &self.effect {
            Some(effect) => write!(formatter, " (answered instead: {effect})"),
            None => Ok(()),
        }
    }
}

/// A request that reached the host where no client should ever go.
#[derive(Clone, Debug, Serialize)]
pub struct CanaryEntry {
    /// HTTP method.
    pub method: String,
    /// Path and query; the query names operation and user code of the reply that led here.
    pub target: String,
    /// Names of the headers; the values may be secrets.
    pub headers: Vec<String>,
    /// Whether a bearer token or a signature came along.
    pub has_credentials: bool,
    /// Length of the body in bytes.
    pub body_length: usize,
}
