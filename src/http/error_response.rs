//! Turns a [`Failure`] into a response: its error code, and status, text and headers in the error format of the route.

use super::error_codes::Code;
use super::response::Response;
use crate::app::failure::{BodyFault, Denial, Failure, Outage};
use crate::domain::password_policy::PolicyError;
use serde::Serialize;
use std::borrow::Cow;

/// The two error formats of the API specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `{"success": false, "message": …}`
    Message,
    /// `{"detail": …}`
    Detail,
}

/// Error in the message format.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MessageError {
    /// Always false.
    pub success: bool,
    /// Human-readable text; see the `Edge-Auth-Error` header for the code.
    pub message: Cow<'static, str>,
}

/// Error in the detail format.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DetailError {
    /// Human-readable text; see the `Edge-Auth-Error` header for the code.
    pub detail: Cow<'static, str>,
}

/// Seconds after which a client may repeat a request if a store was unavailable. Together with D1's timeout of 5 seconds,
/// this is well within the default replay window of 30 seconds, in which a refresh whose response was lost can be repeated.
const RETRY_AFTER_OUTAGE: &str = "2";

const CHALLENGE: &str = "Bearer realm=\"edge-auth\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"edge-auth\", error=\"invalid_token\"";

/// The error code of a failure.
#[must_use]
pub fn code(failure: &Failure) -> Code {
    match failure {
        Failure::NotFound => Code::NotFound,
        Failure::MethodNotAllowed(_) => Code::MethodNotAllowed,
        Failure::OriginNotAllowed => Code::OriginNotAllowed,
        Failure::NoToken => Code::NoToken,
        Failure::InvalidToken => Code::InvalidToken,
        Failure::TokenExpired => Code::TokenExpired,
        Failure::AdminRequired => Code::AdminRequired,
        Failure::AwsKeysAbsent | Failure::NvidiaKeyAbsent => Code::CredentialsNotConfigured,
        Failure::SuperAdminRequired => Code::SuperAdminRequired,
        Failure::InvalidParameter(_) => Code::InvalidParameter,
        Failure::RepeatedParameter(_) => Code::RepeatedParameter,
        Failure::UnknownParameter => Code::UnknownParameter,
        Failure::BodyTooLarge => Code::BodyTooLarge,
        Failure::UnsupportedMediaType(_) => Code::UnsupportedMediaType,
        Failure::UnsupportedEncoding => Code::UnsupportedEncoding,
        Failure::InvalidBody { fault, .. } => match fault {
            BodyFault::Interrupted => Code::IncompleteBody,
            BodyFault::NotJson => Code::InvalidJson,
            BodyFault::MissingField => Code::MissingField,
            BodyFault::InvalidField => Code::InvalidField,
        },
        Failure::WrongLogin => Code::InvalidCredentials,
        Failure::WrongCurrentPassword => Code::InvalidCurrentPassword,
        Failure::TooManyRequests(_) => Code::RateLimited,
        Failure::BackOff(_) => Code::BackOff,
        Failure::Busy => Code::Overloaded,
        Failure::InvalidLink => Code::InvalidLink,
        Failure::SessionNotFound => Code::SessionNotFound,
        Failure::PasswordRefused(reason) => match reason {
            PolicyError::TooShort(_) => Code::PasswordTooShort,
            PolicyError::TooLong => Code::PasswordTooLong,
            PolicyError::Common => Code::PasswordTooCommon,
            PolicyError::OwnNames => Code::PasswordContainsName,
        },
        Failure::RegisterClient("not_configured")
        | Failure::DeviceAuthorization("not_configured")
        | Failure::TokenFailed("not_configured") => Code::AwsNotConfigured,
        Failure::RegisterClient(_)
        | Failure::DeviceAuthorization(_)
        | Failure::TokenFailed(_)
        | Failure::AwsLogin(_) => Code::AwsFailed,
        Failure::InvalidClientHandle => Code::InvalidClient,
        Failure::InvalidDeviceHandle => Code::InvalidDeviceCode,
        Failure::AuthorizationPending { .. } => Code::AuthorizationPending,
        Failure::DeviceCodeExpired => Code::DeviceCodeExpired,
        Failure::AccessDenied(denial) => match denial {
            Denial::NoAssignment => Code::NoAssignment,
            Denial::SessionEnded => Code::SessionEnded,
            Denial::ByUser
            | Denial::OtherAccount
            | Denial::DisabledInDirectory
            | Denial::Disabled => Code::AccessDenied,
        },
        Failure::AwsCredentialsMissing => Code::AwsCredentialsMissing,
        Failure::ProofRefused => Code::InvalidProof,
        Failure::StoreUnavailable(_) | Failure::Unhealthy(_) => Code::StorageUnavailable,
        Failure::Misconfigured => Code::Misconfigured,
        Failure::Platform => Code::RuntimeFailed,
    }
}

/// The status and the text of a failure. A failure without a text of its own has that of its code.
#[must_use]
pub fn status_and_text(failure: &Failure, dialect: ErrorFormat) -> (u16, Cow<'static, str>) {
    let code = code(failure);
    let text = match (failure, dialect) {
        (Failure::InvalidBody { text, .. }, _) => text,
        (Failure::NoToken | Failure::InvalidToken | Failure::TokenExpired, ErrorFormat::Detail) => {
            "Could not validate credentials"
        }
        (Failure::RegisterClient(_), _) => "Failed to register with AWS SSO",
        (Failure::DeviceAuthorization(_), _) => "Failed to start device authorization",
        (Failure::TokenFailed(_), _) => "Failed to create token from device code",
        (Failure::AwsKeysAbsent, _) => "AWS credentials are not configured",
        (Failure::NvidiaKeyAbsent, _) => "NVIDIA credentials are not configured",
        (Failure::Unhealthy("D1"), _) => "Service temporarily unavailable: D1",
        (Failure::Unhealthy(_), _) => "Service temporarily unavailable: KV",
        (Failure::PasswordRefused(reason), _) => return (code.status(), reason.to_string().into()),
        (Failure::AwsLogin(fault), _) => {
            let text = format!("Failed to login with AWS credentials: {fault}");
            return (code.status(), text.into());
        }
        (Failure::InvalidParameter(name) | Failure::RepeatedParameter(name), _) => {
            return (code.status(), format!("{}: {name}", code.text()).into());
        }
        (Failure::UnsupportedMediaType(expected), _) => {
            let text = format!("Content-Type must be {expected}");
            return (code.status(), text.into());
        }
        _ => code.text(),
    };
    (code.status(), Cow::Borrowed(text))
}

/// The response for a failure: body in the error format, and the headers that its status requires (RFC 9110, RFC 6750
/// §3).
#[must_use]
pub fn response(failure: &Failure, dialect: ErrorFormat) -> Response {
    let (status, text) = status_and_text(failure, dialect);
    let response = match dialect {
        ErrorFormat::Message => Response::json(
            status,
            &MessageError {
                success: false,
                message: text,
            },
        ),
        ErrorFormat::Detail => Response::json(status, &DetailError { detail: text }),
    };
    let response = response.with("edge-auth-error", code(failure).as_str());
    match (status, failure) {
        (_, Failure::InvalidToken | Failure::TokenExpired) => {
            response.with("www-authenticate", CHALLENGE_INVALID)
        }
        (401, _) => response.with("www-authenticate", CHALLENGE),
        (_, Failure::MethodNotAllowed(allowed)) => response.with("allow", *allowed),
        (_, Failure::UnsupportedEncoding) => response.with("accept-encoding", "identity"),
        (
            _,
            Failure::AuthorizationPending {
                retry_after,
                preference,
            },
        ) => {
            let response = response.with("retry-after", retry_after.to_string());
            match preference {
                Some(seconds) => response.with("preference-applied", format!("wait={seconds}")),
                None => response,
            }
        }
        (_, Failure::TooManyRequests(seconds) | Failure::BackOff(seconds)) => {
            response.with("retry-after", seconds.to_string())
        }
        (503, _) => response.with("retry-after", RETRY_AFTER_OUTAGE),
        _ => response,
    }
}

/// The fixed code under which a failure of ours is logged; `None` for what is the client's business.
#[must_use]
pub fn log_code(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::StoreUnavailable(Outage::D1) => Some("d1_unavailable"),
        Failure::StoreUnavailable(Outage::CorruptRow(column)) => Some(column),
        Failure::Unhealthy(store) => Some(store),
        Failure::Misconfigured => Some("misconfigured"),
        Failure::Platform => Some("platform"),
        Failure::RegisterClient(cause)
        | Failure::DeviceAuthorization(cause)
        | Failure::TokenFailed(cause) => Some(cause),
        Failure::AwsLogin(fault) => Some(fault.code()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::failure::INVALID_BODY;
    use crate::aws::error::AwsError;

    #[test]
    fn the_whole_table() {
        let body = |fault| Failure::InvalidBody {
            fault,
            text: INVALID_BODY,
        };
        let failures = [
            Failure::NotFound,
            Failure::MethodNotAllowed("GET, HEAD"),
            Failure::OriginNotAllowed,
            Failure::NoToken,
            Failure::InvalidToken,
            Failure::AdminRequired,
            Failure::AwsKeysAbsent,
            Failure::NvidiaKeyAbsent,
            Failure::SuperAdminRequired,
            Failure::TokenExpired,
            Failure::InvalidParameter("kind"),
            Failure::RepeatedParameter("kind"),
            Failure::UnknownParameter,
            Failure::BodyTooLarge,
            Failure::UnsupportedMediaType("application/json"),
            Failure::UnsupportedEncoding,
            body(BodyFault::Interrupted),
            body(BodyFault::NotJson),
            body(BodyFault::MissingField),
            body(BodyFault::InvalidField),
            Failure::WrongLogin,
            Failure::SessionNotFound,
            Failure::InvalidLink,
            Failure::PasswordRefused(PolicyError::TooShort(15)),
            Failure::PasswordRefused(PolicyError::TooLong),
            Failure::PasswordRefused(PolicyError::Common),
            Failure::PasswordRefused(PolicyError::OwnNames),
            Failure::RegisterClient("Timeout"),
            Failure::RegisterClient("not_configured"),
            Failure::DeviceAuthorization("Timeout"),
            Failure::InvalidClientHandle,
            Failure::InvalidDeviceHandle,
            Failure::AuthorizationPending {
                retry_after: 5,
                preference: Some(3),
            },
            Failure::DeviceCodeExpired,
            Failure::TokenFailed("Timeout"),
            Failure::AccessDenied(Denial::ByUser),
            Failure::AccessDenied(Denial::NoAssignment),
            Failure::AccessDenied(Denial::SessionEnded),
            Failure::AwsCredentialsMissing,
            Failure::AwsLogin(AwsError::Timeout),
            Failure::ProofRefused,
            Failure::WrongCurrentPassword,
            Failure::TooManyRequests(10),
            Failure::BackOff(3),
            Failure::Busy,
            Failure::StoreUnavailable(Outage::D1),
            Failure::StoreUnavailable(Outage::CorruptRow("users.id")),
            Failure::Unhealthy("D1"),
            Failure::Unhealthy("KV"),
            Failure::Misconfigured,
            Failure::Platform,
        ];
        let line = |failure: &Failure| {
            let texts = [ErrorFormat::Message, ErrorFormat::Detail]
                .map(|dialect| status_and_text(failure, dialect));
            let [(status, message), (_, detail)] = texts;
            let headers = response(failure, ErrorFormat::Message).headers;
            let logged = log_code(failure).unwrap_or("-");
            format!("{status} | {message} | {detail} | {headers:?} | {logged}")
        };
        for known in Code::ALL {
            let has_it = |failure: &Failure| code(failure) == *known;
            assert!(failures.iter().any(has_it), "{known:?}");
        }
        let table: Vec<String> = failures.iter().map(line).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
