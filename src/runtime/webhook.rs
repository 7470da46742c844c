//! Sends messages to a URL that the operator has configured. Redirects are never followed (`entry.mjs`), and no body of a response
//! is read.

use super::timeout::timeout;

/// Timeout of a message.
const WEBHOOK_TIMEOUT_MS: u32 = 5_000;

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
        .body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    // `reqwest` does not always report a timeout as one in the Worker. A request that is dropped is aborted.
    let response = timeout(WEBHOOK_TIMEOUT_MS, request.send())
        .await
        .map_err(|_| NotAccepted::Timeout)?
        .map_err(|_| NotAccepted::Connection)?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(NotAccepted::Status)
    }
}
