//! The errors of calls to AWS. An error holds one of the names of [`Code`] and no other text of a response.

mod code;

pub use code::Code;

use super::wire::AwsResponse;
use crate::json::{Json, Malformed, Object};

/// The failure of a call. `Display` writes the text that the API specification calls `[error message]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// The response was not complete before the timeout.
    #[error("Timeout")]
    Timeout,
    /// The connection was refused, reset or closed early, or the host name was not resolved.
    #[error("ConnectionError")]
    ConnectionError,
    /// The response does not conform to the model of the service: it is a redirect, has another structure, is too long, or has
    /// an unknown error.
    #[error("InvalidResponse")]
    InvalidResponse,
    /// The service refused the request with an error of its model.
    #[error("{0}")]
    Refused(Code),
}

impl AwsError {
    /// Returns the text of `Display`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "Timeout",
            Self::ConnectionError => "ConnectionError",
            Self::InvalidResponse => "InvalidResponse",
            Self::Refused(code) => code.as_str(),
        }
    }

    /// Returns the error of a response with a status of 400 or higher: the name in `x-amzn-ErrorType`, otherwise the name in
    /// the body, otherwise, for the portal's `{"message"}`, the error that its model assigns to the status.
    #[must_use]
    pub fn of_response(response: &AwsResponse) -> Self {
        let from_header = response.error_type.as_deref().and_then(Code::parse);
        from_header
            .or_else(|| code_in_body(response))
            .map_or(Self::InvalidResponse, Self::Refused)
    }
}

/// Looks in all members in which a JSON protocol of AWS puts the name of an error. Each may have any type.
fn code_in_body(response: &AwsResponse) -> Option<Code> {
    let text = std::str::from_utf8(&response.body).ok()?;
    let mut body = Object::read(text).ok()?;
    let [kind, code, upper_code] = ["__type", "code", "Code"].map(|name| body.optional(name));
    let error = ["Error", "error"]
        .into_iter()
        .find_map(|name| body.optional(name));
    let has_error = error.is_some();
    // The JSON form of the query protocol: `{"Error": {"Code": …}}`.
    let error = match error {
        Some(Json::Object(mut inner)) => inner.optional("Code"),
        error => error,
    };
    let names = [kind, code, upper_code, error].into_iter().flatten();
    let mut names = names.filter_map(|name| name.text().ok());
    names.find_map(|name| Code::parse(&name)).or_else(|| {
        (!has_error && body.optional("message").is_some())
            .then(|| Code::of_portal_status(response.status))
            .flatten()
    })
}

impl From<Malformed> for AwsError {
    fn from(_: Malformed) -> Self {
        Self::InvalidResponse
    }
}

#[cfg(test)]
mod tests;
