//! The one place where a [`Failure`] becomes a status and a text, in the dialect of the route that failed.

use super::reply::Reply;
use crate::failure::{Failure, Outage};
use serde::Serialize;
use std::borrow::Cow;

/// The two shapes of errors that the API documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `{"success": false, "message": …}`
    Message,
    /// `{"detail": …}`
    Detail,
}

/// The message dialect's body.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MessageError {
    /// Always false.
    pub success: bool,
    /// What went wrong, for a person.
    pub message: Cow<'static, str>,
}

/// The detail dialect's body.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct DetailError {
    /// What went wrong, for a person.
    pub detail: Cow<'static, str>,
}

/// Seconds after which a client may ask again when a store was out. With D1's patience of 5 seconds it stays within
/// the 10 in which a refresh whose reply was lost can be asked for again.
const RETRY_AFTER_OUTAGE: &str = "2";

/// The status and text of a failure; the whole table.
#[must_use]
pub fn status_and_text(failure: &Failure, dialect: Dialect) -> (u16, Cow<'static, str>) {
    let (status, text) = match (failure, dialect) {
        (Failure::InvalidBody, _) => (400, "Invalid request body"),
        (Failure::MissingLogin, _) => (400, "Username and password are required"),
        (Failure::InvalidLink, _) => (400, "Invalid or expired link"),
        (Failure::WrongCurrentPassword, _) => (400, "Current password is incorrect"),
        (Failure::PasswordRefused(reason), _) => {
            return (400, Cow::Owned(reason.to_string()));
        }
        (Failure::WrongLogin, _) => (401, "Invalid username or password"),
        (Failure::NoToken, Dialect::Message) => (401, "No token provided"),
        (Failure::InvalidToken, Dialect::Message) => (401, "Invalid or expired token"),
        (Failure::ProofRefused, _)
        | (Failure::NoToken | Failure::InvalidToken, Dialect::Detail) => {
            (401, "Could not validate credentials")
        }
        (Failure::AwsCredentialsMissing, _) => (400, "AWS credentials not provided"),
        (Failure::AwsLogin(fault), _) => {
            return (
                500,
                Cow::Owned(format!("Failed to login with AWS credentials: {fault}")),
            );
        }
        (Failure::RegisterClient(_), _) => (500, "Failed to register with AWS SSO"),
        (Failure::InvalidClientHandle, _) => (400, "Failed to start device authorization"),
        (Failure::DeviceAuthorization(_), _) => (500, "Failed to start device authorization"),
        (Failure::InvalidDeviceHandle, _) => (400, "Failed to create token from device code"),
        (Failure::TokenFailed(_), _) => (500, "Failed to create token from device code"),
        (Failure::AuthorizationPending { .. } | Failure::AuthorizationOver, _) => {
            (408, "Authorization timed out")
        }
        (Failure::AdminRequired, _) => (403, "Admin access required"),
        (Failure::AwsKeysAbsent, _) => (404, "AWS credentials are not configured"),
        (Failure::NvidiaKeyAbsent, _) => (404, "NVIDIA credentials are not configured"),
        (Failure::InvalidParameters, _) => (400, "Invalid request parameters"),
        (Failure::SuperAdminRequired, _) => (403, "Super admin access required"),
        (Failure::NotFound, _) => (404, "Not found"),
        (Failure::MethodNotAllowed(_), _) => (405, "Method not allowed"),
        (Failure::BodyTooLarge, _) => (413, "Request body too large"),
        (Failure::UnsupportedMediaType, _) => (415, "Content-Type must be application/json"),
        (Failure::TooManyRequests(_), _) => (429, "Too many requests"),
        (Failure::StoreDown("D1"), _) => (503, "Service temporarily unavailable: D1"),
        (Failure::StoreDown(_), _) => (503, "Service temporarily unavailable: KV"),
        (
            Failure::StorageOut(_) | Failure::Misconfigured | Failure::Platform | Failure::Busy,
            _,
        ) => (503, "Service temporarily unavailable"),
    };
    (status, Cow::Borrowed(text))
}

/// The reply for a failure: body in the dialect, and the headers that its status asks for (RFC 9110, RFC 6750 §3).
#[must_use]
pub fn reply(failure: &Failure, dialect: Dialect) -> Reply {
    let (status, text) = status_and_text(failure, dialect);
    let reply = match dialect {
        Dialect::Message => Reply::json(
            status,
            &MessageError {
                success: false,
                message: text,
            },
        ),
        Dialect::Detail => Reply::json(status, &DetailError { detail: text }),
    };
    match (status, failure) {
        (_, Failure::InvalidToken) => {
            reply.with("www-authenticate", "Bearer error=\"invalid_token\"")
        }
        (401, _) => reply.with("www-authenticate", "Bearer"),
        (_, Failure::MethodNotAllowed(allowed)) => reply.with("allow", *allowed),
        (
            _,
            Failure::AuthorizationPending {
                retry_after,
                preference,
            },
        ) => {
            let reply = reply.with("retry-after", retry_after.to_string());
            match preference {
                Some(seconds) => reply.with("preference-applied", format!("wait={seconds}")),
                None => reply,
            }
        }
        (_, Failure::TooManyRequests(seconds)) => reply.with("retry-after", seconds.to_string()),
        (503, _) => reply.with("retry-after", RETRY_AFTER_OUTAGE),
        _ => reply,
    }
}

/// The fixed code under which a failure of ours is logged; `None` for what is the client's business.
#[must_use]
pub fn log_code(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::StorageOut(Outage::D1) => Some("d1_unavailable"),
        Failure::StorageOut(Outage::CorruptRow(column)) => Some(column),
        Failure::StoreDown(store) => Some(store),
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
    use crate::account::policy::PolicyError;
    use crate::aws::fault::Fault;

    #[test]
    fn the_whole_table() {
        let failures = [
            Failure::NotFound,
            Failure::MethodNotAllowed("GET, HEAD"),
            Failure::NoToken,
            Failure::InvalidToken,
            Failure::AdminRequired,
            Failure::AwsKeysAbsent,
            Failure::NvidiaKeyAbsent,
            Failure::SuperAdminRequired,
            Failure::InvalidParameters,
            Failure::BodyTooLarge,
            Failure::UnsupportedMediaType,
            Failure::InvalidBody,
            Failure::MissingLogin,
            Failure::WrongLogin,
            Failure::InvalidLink,
            Failure::PasswordRefused(PolicyError::TooShort(15)),
            Failure::RegisterClient("Timeout"),
            Failure::DeviceAuthorization("Timeout"),
            Failure::InvalidClientHandle,
            Failure::InvalidDeviceHandle,
            Failure::AuthorizationPending {
                retry_after: 5,
                preference: Some(3),
            },
            Failure::AuthorizationOver,
            Failure::TokenFailed("Timeout"),
            Failure::AwsCredentialsMissing,
            Failure::AwsLogin(Fault::Timeout),
            Failure::ProofRefused,
            Failure::WrongCurrentPassword,
            Failure::TooManyRequests(10),
            Failure::Busy,
            Failure::StorageOut(Outage::D1),
            Failure::StorageOut(Outage::CorruptRow("users.id")),
            Failure::StoreDown("D1"),
            Failure::StoreDown("KV"),
            Failure::Misconfigured,
            Failure::Platform,
        ];
        let line = |failure: &Failure| {
            let texts = [Dialect::Message, Dialect::Detail]
                .map(|dialect| status_and_text(failure, dialect));
            let [(status, message), (_, detail)] = texts;
            let headers = reply(failure, Dialect::Message).headers;
            let code = log_code(failure).unwrap_or("-");
            format!("{status} | {message} | {detail} | {headers:?} | {code}")
        };
        let table: Vec<String> = failures.iter().map(line).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
