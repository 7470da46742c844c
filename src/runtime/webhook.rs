//! Sends messages to a URL that the operator has configured. Redirects are never followed (`entry.mjs`), and no body of a response
//! is read.

use std::time::Duration;

/// Timeout of a message.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a message was not accepted, as a fixed code for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// The receiver did not respond in time.
    Timeout,
    /// The receiver could not be reached.
    Connection,
    /// The receiver responded with another status than 2xx.
    Status,
}

impl NotAccepted {
    /// The code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Status => "status",
        }
    }
}

/// Sends a message in JSON and waits for the status of the response.
///
/// # Errors
/// [`NotAccepted`]. After a timeout, the receiver may still have accepted the message.
pub async fn post(
    url: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<(), NotAccepted> {
    let client = reqwest::Client::builder()
        .build()
        .map_err(|_| NotAccepted::Connection)?;
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .timeout(WEBHOOK_TIMEOUT)
        .body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = request.send().await.map_err(|error| {
        if error.is_timeout() {
            NotAccepted::Timeout
        } else {
            NotAccepted::Connection
        }
    })?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(NotAccepted::Status)
    }
}
