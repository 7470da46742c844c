//! Errors of the API: an error code with its text and headers, and the response for it in the error format of the route.

use super::error_codes::ErrorCode;
use super::response::Response;
use crate::app::error::{AppError, NOT_CONFIGURED};
use crate::domain::password_policy::PolicyError;
use crate::runtime::StoreError;
use crate::runtime::response_cache::Header;
use serde::Serialize;
use std::borrow::Cow;

/// The shape of an error response's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `{"success": false, "message": …}`
    Message,
    /// `{"detail": …}`
    Detail,
    /// `{"error": …, "error_description": …}`
    Oauth,
}

/// Body of an error response in the message format.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MessageError {
    /// Always false.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = false)))]
    pub success: bool,
    /// Human-readable text; see the `Edge-Auth-Error` header for the code.
    pub message: Cow<'static, str>,
}

/// Body of an error response in the detail format.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DetailError {
    /// Human-readable text; see the `Edge-Auth-Error` header for the code.
    pub detail: Cow<'static, str>,
}

/// Body of an error response in the OAuth format (RFC 6749 section 5.2).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct OauthError {
    /// Error code of OAuth. The code in the `Edge-Auth-Error` header is more precise.
    pub error: &'static str,
    /// Human-readable text.
    pub error_description: Cow<'static, str>,
}

/// Seconds after which a client may repeat a request that got 503. Together with D1's timeout of 5 seconds, this is well
/// within the default replay window, in which a refresh whose response was lost can be repeated.
const RETRY_AFTER_SECONDS: u32 = 2;

const CHALLENGE: &str = "Bearer realm=\"edge-auth\"";
const CHALLENGE_INVALID_TOKEN: &str = "Bearer realm=\"edge-auth\", error=\"invalid_token\"";
/// RFC 9470 section 3. `max_age` is `STEP_UP_SECONDS`.
const CHALLENGE_STEP_UP: &str =
    "Bearer realm=\"edge-auth\", error=\"insufficient_user_authentication\", max_age=\"300\"";

/// Clients that authenticate in the form get it too: each 401 has a challenge (RFC 9110 section 15.5.2).
const CHALLENGE_CLIENT: &str = "Basic realm=\"edge-auth\"";

/// An error response that is not rendered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    /// The text, if it differs from the text of the code.
    text: Option<Cow<'static, str>>,
    retry_after: Option<u32>,
    headers: Vec<Header>,
    /// A fixed code for the log, if the service or one of its backends failed.
    cause: Option<&'static str>,
}

impl ApiError {
    /// The error with this code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let retry_after = (code.status() == 503).then_some(RETRY_AFTER_SECONDS);
        Self {
            code,
            text: None,
            retry_after,
            headers: Vec::new(),
            cause: None,
        }
    }

    /// Replaces the text of the code with this text.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Adds the header `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a fixed code, which is logged.
    #[must_use]
    pub fn with_cause(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The error during a back-off: no attempt is evaluated for this many seconds.
    #[must_use]
    pub fn back_off(seconds: u32) -> Self {
        Self::new(ErrorCode::BackOff).retry_after(seconds)
    }

    /// The body does not have the media type that the route accepts.
    #[must_use]
    pub fn unsupported_media_type(accepted: &str) -> Self {
        Self::new(ErrorCode::UnsupportedMediaType)
            .with_text(format!("Content-Type must be {accepted}"))
    }

    /// The body is compressed.
    #[must_use]
    pub fn unsupported_encoding() -> Self {
        Self::new(ErrorCode::UnsupportedEncoding).with_header("accept-encoding", "identity")
    }

    /// The access token does not permit the request. Names the scopes that it needs (RFC 6750 section 3.1).
    #[must_use]
    pub fn insufficient_scope(scopes: &str) -> Self {
        let challenge = format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scopes}\"");
        Self::new(ErrorCode::InsufficientScope).with_header("www-authenticate", challenge)
    }

    /// A parameter of the query is invalid or repeated.
    #[must_use]
    pub fn parameter(code: ErrorCode, name: &str) -> Self {
        Self::new(code).with_text(format!("{}: {name}", code.text()))
    }

    /// The error for a failure of AWS with this cause, or for a service without an AWS configuration.
    #[must_use]
    pub fn aws(cause: &'static str) -> Self {
        let code = if cause == NOT_CONFIGURED {
            ErrorCode::AwsNotConfigured
        } else {
            ErrorCode::AwsFailed
        };
        Self::new(code).with_cause(cause)
    }

    /// The error code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The fixed code under which the error is logged; `None` for an error of the client.
    #[must_use]
    pub fn cause(&self) -> Option<&'static str> {
        self.cause
    }

    /// The text of the body in this format.
    #[must_use]
    pub fn text(&self, format: ErrorFormat) -> Cow<'static, str> {
        match (&self.text, format) {
            (Some(text), _) => text.clone(),
            (None, ErrorFormat::Message | ErrorFormat::Oauth) => Cow::Borrowed(self.code.text()),
            (None, ErrorFormat::Detail) => Cow::Borrowed(self.code.detail_text()),
        }
    }

    /// The response: body in the error format, and the headers that the status requires (RFC 9110, RFC 6750 section 3).
    #[must_use]
    pub fn response(&self, format: ErrorFormat) -> Response {
        let status = self.code.status();
        let text = self.text(format);
        let mut response = match format {
            ErrorFormat::Message => Response::json(
                status,
                &MessageError {
                    success: false,
                    message: text,
                },
            ),
            ErrorFormat::Detail => Response::json(status, &DetailError { detail: text }),
            ErrorFormat::Oauth => Response::json(
                status,
                &OauthError {
                    error: self.code.oauth_code(),
                    error_description: text,
                },
            ),
        }
        .with("edge-auth-error", self.code.as_str());
        match self.code {
            ErrorCode::InvalidToken | ErrorCode::TokenExpired => {
                response = response.with("www-authenticate", CHALLENGE_INVALID_TOKEN);
            }
            ErrorCode::StepUpRequired => {
                response = response.with("www-authenticate", CHALLENGE_STEP_UP);
            }
            ErrorCode::ClientAuthenticationFailed => {
                response = response.with("www-authenticate", CHALLENGE_CLIENT);
            }
            _ if status == 401 => response = response.with("www-authenticate", CHALLENGE),
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            response = response.with("retry-after", seconds.to_string());
        }
        response.headers.extend(self.headers.iter().cloned());
        response
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let cause = match error {
            StoreError::Unavailable => "d1_unavailable",
            StoreError::Conflict => "contention",
            StoreError::CorruptRow(column) => column,
        };
        Self::new(ErrorCode::StorageUnavailable).with_cause(cause)
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            AppError::Contention => {
                Self::new(ErrorCode::StorageUnavailable).with_cause("contention")
            }
            AppError::Aws(cause) => Self::aws(cause),
            AppError::RateLimited(seconds) => {
                Self::new(ErrorCode::RateLimited).retry_after(seconds)
            }
            AppError::Runtime => Self::new(ErrorCode::RuntimeFailed).with_cause("runtime_failed"),
        }
    }
}

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        let code = match error {
            PolicyError::TooShort(_) => ErrorCode::PasswordTooShort,
            PolicyError::TooLong => ErrorCode::PasswordTooLong,
            PolicyError::Common => ErrorCode::PasswordTooCommon,
            PolicyError::OwnNames => ErrorCode::PasswordContainsName,
        };
        Self::new(code).with_text(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_code_has_its_status_text_and_headers() {
        let line = |error: &ApiError| {
            let response = error.response(ErrorFormat::Message);
            let [message, detail] =
                [ErrorFormat::Message, ErrorFormat::Detail].map(|format| error.text(format));
            let (status, headers) = (response.status, response.headers);
            format!("{status} | {message} | {detail} | {headers:?}")
        };
        let table: Vec<String> = ErrorCode::ALL
            .iter()
            .map(|code| line(&(*code).into()))
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn failure_of_the_service_has_a_cause_for_the_log() {
        for error in [
            AppError::Store(StoreError::Unavailable),
            AppError::Store(StoreError::CorruptRow("users.id")),
            AppError::Contention,
            AppError::Aws("Timeout"),
            AppError::Runtime,
        ] {
            let error = ApiError::from(error);
            assert!(error.code().status() >= 500 && error.cause().is_some());
        }
        assert_eq!(ApiError::from(AppError::RateLimited(9)).cause(), None);
    }

    #[test]
    fn aws_that_is_not_configured_has_its_own_code() {
        let code = |cause| ApiError::from(AppError::Aws(cause)).code();
        assert_eq!(code(NOT_CONFIGURED), ErrorCode::AwsNotConfigured);
        assert_eq!(code("Timeout"), ErrorCode::AwsFailed);
    }
}
