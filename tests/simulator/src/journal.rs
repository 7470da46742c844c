//! The requests that the simulator received, without their secrets.

use crate::operation::Operation;
use serde::Serialize;
use std::fmt;

/// A request and its response.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// Counts from 1 in the order of arrival.
    pub number: u64,
    /// Time of arrival in milliseconds since 1970, by the simulator's clock.
    pub at: i64,
    /// `None` for the approval page and for requests that are no operation.
    pub operation: Option<Operation>,
    /// HTTP method.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The user who approved the sign-in that the request belongs to, or the user in a request to Identity Store.
    pub user: Option<String>,
    /// User code of the sign-in that the request belongs to.
    pub user_code: Option<String>,
    /// Name with which the client registered.
    pub client_name: Option<String>,
    /// Access key id in the `Authorization` header.
    pub access_key_id: Option<String>,
    /// Status of the response that AWS would send; `effect` tells whether another one was sent.
    pub status: u16,
    /// Name of the error in that response.
    pub error: Option<String>,
    /// Effect of the rule that applied.
    pub effect: Option<String>,
}

impl fmt::Display for JournalEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.status)?;
        match self.operation {
            Some(operation) => write!(formatter, "{operation:?}")?,
            None => write!(formatter, "{} {}", self.method, self.path)?,
        }
        let details = [&self.error, &self.user_code, &self.user];
        for detail in details.into_iter().flatten() {
            write!(formatter, " {detail}")?;
        }
        match &self.effect {
            Some(effect) => write!(formatter, " (effect of a rule: {effect})"),
            None => Ok(()),
        }
    }
}

/// A request that reached the host to which redirects and external entities lead.
#[derive(Clone, Debug, Serialize)]
pub struct CanaryRequest {
    /// HTTP method.
    pub method: String,
    /// Path and query; the query names the operation and the user code of the response that led here.
    pub target: String,
    /// Names of the headers; their values may be secrets.
    pub headers: Vec<String>,
    /// Whether it had a bearer token or a signature.
    pub has_credentials: bool,
    /// Length of the body in bytes.
    pub body_length: usize,
}
