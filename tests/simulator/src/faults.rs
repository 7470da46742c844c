//! Ways in which a response can be wrong.

pub(crate) mod delivery;
mod members;
mod xml;

use crate::operation::Operation;
use serde::{Deserialize, Serialize};

/// Part of every made-up body and error message. A test searches for it where no text of the upstream may appear.
pub const UPSTREAM_MARKER: &str = "upstream-text-that-must-not-appear";

/// A fault that can replace the response of any operation. A refused connection is not one of them, because the simulator would
/// not know the operation yet: see [`crate::Simulator::refuse_connections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFault {
    /// TCP reset before the first byte.
    Reset,
    /// Connection closed before the first byte.
    CloseBeforeResponse,
    /// TCP reset in the middle of the body.
    ResetMidBody,
    /// Connection closed after half of the body that `Content-Length` announced.
    CloseMidBody,
    /// No byte for a minute.
    HangBeforeStatus,
    /// The status line and half of a header, then no byte for a minute.
    HangMidHeaders,
    /// The head and half of the body, then no byte for a minute.
    HangMidBody,
    /// A byte of the body every 400 ms, so that no single read takes long.
    Trickle,
    /// 500 in the error format of the service.
    InternalError,
    /// 500 with a plain text.
    PlainTextError,
    /// 502 with the HTML page of a proxy.
    BadGateway,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 504 with an empty body.
    GatewayTimeout,
    /// 429 with `Retry-After`, in the error format of the service.
    TooManyRequests,
    /// 400 `Throttling`, the form of older services.
    Throttling,
    /// 400 with a code that is in no service model.
    UnknownError,
    /// 403 with neither a body nor a media type.
    ForbiddenWithoutBody,
    /// 418.
    UnexpectedStatus,
    /// 200 with the HTML page of a captive portal.
    Html,
    /// 200 without a body.
    EmptyBody,
    /// 204.
    NoContent,
    /// Half of the body, with the `Content-Length` of this half.
    TruncatedBody,
    /// The body followed by other text.
    TrailingText,
    /// The members, each with another type.
    WrongTypes,
    /// The members, each null (in XML: empty).
    NullMembers,
    /// The members, each string empty.
    EmptyStrings,
    /// No members.
    MissingMembers,
    /// Each member twice, first with another value.
    DuplicateKeys,
    /// Each number larger than 64 bits.
    HugeNumbers,
    /// Each number negative.
    NegativeNumbers,
    /// 200 with JSON that is nested 100,000 levels deep.
    DeepNesting,
    /// The members and one more with 100 MB of text, with a `Content-Length`.
    HugeBody,
    /// The same without a `Content-Length`, until the connection is closed.
    HugeBodyWithoutLength,
    /// A header of one megabyte.
    HugeHeader,
    /// A `Content-Length` that is smaller than the body.
    ShortContentLength,
    /// Two different `Content-Length` headers.
    TwoContentLengths,
    /// `Content-Encoding: gzip` with a body that is not compressed.
    InvalidGzip,
    /// Bytes that are not UTF-8 in the body.
    InvalidUtf8,
    /// The body in UTF-16, with this charset in `Content-Type`.
    WrongCharset,
    /// XML with nested entities ("billion laughs").
    XmlBomb,
    /// XML with an external entity on the canary host.
    XmlExternalEntity,
    /// Bytes that are not HTTP.
    NotHttp,
    /// 301 to the canary host.
    Redirect301,
    /// 302 to the canary host.
    Redirect302,
    /// 303 to the canary host.
    Redirect303,
    /// 307 to the canary host.
    Redirect307,
    /// 308 to the canary host.
    Redirect308,
}

impl ResponseFault {
    /// All faults.
    pub const ALL: [Self; 47] = [
        Self::Reset,
        Self::CloseBeforeResponse,
        Self::ResetMidBody,
        Self::CloseMidBody,
        Self::HangBeforeStatus,
        Self::HangMidHeaders,
        Self::HangMidBody,
        Self::Trickle,
        Self::InternalError,
        Self::PlainTextError,
        Self::BadGateway,
        Self::Unavailable,
        Self::GatewayTimeout,
        Self::TooManyRequests,
        Self::Throttling,
        Self::UnknownError,
        Self::ForbiddenWithoutBody,
        Self::UnexpectedStatus,
        Self::Html,
        Self::EmptyBody,
        Self::NoContent,
        Self::TruncatedBody,
        Self::TrailingText,
        Self::WrongTypes,
        Self::NullMembers,
        Self::EmptyStrings,
        Self::MissingMembers,
        Self::DuplicateKeys,
        Self::HugeNumbers,
        Self::NegativeNumbers,
        Self::DeepNesting,
        Self::HugeBody,
        Self::HugeBodyWithoutLength,
        Self::HugeHeader,
        Self::ShortContentLength,
        Self::TwoContentLengths,
        Self::InvalidGzip,
        Self::InvalidUtf8,
        Self::WrongCharset,
        Self::XmlBomb,
        Self::XmlExternalEntity,
        Self::NotHttp,
        Self::Redirect301,
        Self::Redirect302,
        Self::Redirect303,
        Self::Redirect307,
        Self::Redirect308,
    ];

    /// The name in JSON, such as `hang_mid_body`.
    #[must_use]
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }

    /// Whether the response of this operation can still be valid, so that a client may succeed. For example, a response without
    /// numbers is not changed by [`Self::HugeNumbers`].
    #[must_use]
    pub fn may_leave_response_valid(self, operation: Operation) -> bool {
        match self {
            Self::HugeNumbers | Self::NegativeNumbers => !matches!(
                operation,
                Operation::RegisterClient
                    | Operation::StartDeviceAuthorization
                    | Operation::CreateToken
                    | Operation::GetRoleCredentials
            ),
            Self::Trickle | Self::HugeHeader | Self::WrongCharset => true,
            // Only its status is read.
            _ => operation == Operation::Logout,
        }
    }
}
