//! What an upstream can do wrong, by name, and whom it does it to.

use crate::operation::Operation;
use serde::{Deserialize, Serialize};

/// Stands in every invented body and error text: to be searched for wherever upstream text must not arrive.
pub const UPSTREAM_MARK: &str = "upstream-text-that-must-not-travel";

/// One way to fail. Every one may be asked of every operation. Refused connections are not among them, since nobody
/// has said yet who they are: see [`crate::Running::refuse_connections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// A TCP reset before the first byte.
    Reset,
    /// An orderly end before the first byte.
    CloseBeforeReply,
    /// A TCP reset in the middle of the body.
    ResetMidBody,
    /// Half the body that `Content-Length` promised, then an orderly end.
    CloseMidBody,
    /// Nothing is said, for a minute.
    HangBeforeStatus,
    /// The status line and half a header, then silence.
    HangMidHeaders,
    /// The head and half the body, then silence.
    HangMidBody,
    /// The body, a byte every 400 ms: no single read takes long.
    Trickle,
    /// 500 in the form of the service.
    InternalError,
    /// 500 whose body is bare text.
    InternalErrorText,
    /// 502 with a proxy's HTML.
    BadGateway,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 504 with an empty body.
    GatewayTimeout,
    /// 429 with `Retry-After`, in the form of the service.
    TooManyRequests,
    /// 400 `Throttling`, as the older services say it.
    Throttling,
    /// 400 with a code that is in no model.
    UnmodelledError,
    /// 403 with neither body nor media type.
    BareForbidden,
    /// 418, which nobody expects.
    OddStatus,
    /// 200 with a captive portal's HTML.
    Html,
    /// 200 without a body.
    EmptyBody,
    /// 204.
    NoContent,
    /// The genuine body, cut in the middle, its length rightly told.
    TruncatedBody,
    /// The genuine body with something behind it.
    TrailingGarbage,
    /// The genuine members, each of another type.
    WrongTypes,
    /// The genuine members, each null (in XML: empty).
    NullMembers,
    /// The genuine members, each text empty.
    EmptyTexts,
    /// None of the genuine members.
    MissingMembers,
    /// Each member twice, the first time with another value.
    DuplicateKeys,
    /// Each number beyond 64 bits.
    HugeNumbers,
    /// Each number negative.
    NegativeNumbers,
    /// 200 with JSON of depth 100,000.
    DeepNesting,
    /// The genuine members and, as one more, 100 MB of text, streamed with its length told.
    HugeBody,
    /// The same without a length, until the connection ends.
    HugeBodyWithoutLength,
    /// A megabyte of header.
    HugeHeader,
    /// `Content-Length` smaller than the body.
    ShortContentLength,
    /// Two different `Content-Length`.
    TwoContentLengths,
    /// `Content-Encoding: gzip` over what is none.
    FalseGzip,
    /// Bytes that are no UTF-8 inside the genuine body.
    InvalidUtf8,
    /// The genuine body in UTF-16, and said to be so.
    WrongCharset,
    /// A billion laughs, as XML.
    XmlBomb,
    /// XML with an external entity that names the other host.
    XmlExternalEntity,
    /// Bytes that are no HTTP.
    NotHttp,
    /// 301 to another host.
    Redirect301,
    /// 302 to another host.
    Redirect302,
    /// 303 to another host.
    Redirect303,
    /// 307 to another host.
    Redirect307,
    /// 308 to another host.
    Redirect308,
}

impl Misbehaviour {
    /// Every one, so that a table can walk over them.
    pub const ALL: [Self; 47] = [
        Self::Reset,
        Self::CloseBeforeReply,
        Self::ResetMidBody,
        Self::CloseMidBody,
        Self::HangBeforeStatus,
        Self::HangMidHeaders,
        Self::HangMidBody,
        Self::Trickle,
        Self::InternalError,
        Self::InternalErrorText,
        Self::BadGateway,
        Self::Unavailable,
        Self::GatewayTimeout,
        Self::TooManyRequests,
        Self::Throttling,
        Self::UnmodelledError,
        Self::BareForbidden,
        Self::OddStatus,
        Self::Html,
        Self::EmptyBody,
        Self::NoContent,
        Self::TruncatedBody,
        Self::TrailingGarbage,
        Self::WrongTypes,
        Self::NullMembers,
        Self::EmptyTexts,
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
        Self::FalseGzip,
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

    /// As on the control path: `hang_mid_body`.
    #[must_use]
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }

    /// Whether a reply of an operation says the same as without it, so that a client may well succeed. A client has to
    /// be robust, not to fail. `operation` matters: a reply without numbers is not changed by [`Self::HugeNumbers`].
    #[must_use]
    pub fn may_leave_the_reply_good(self, operation: Operation) -> bool {
        match self {
            Self::HugeNumbers | Self::NegativeNumbers => !matches!(
                operation,
                Operation::RegisterClient
                    | Operation::StartDeviceAuthorization
                    | Operation::CreateToken
                    | Operation::GetRoleCredentials
            ),
            Self::Trickle | Self::HugeHeader | Self::WrongCharset => true,
            // Nothing of it is read but the status.
            _ => operation == Operation::Logout,
        }
    }
}

/// What is to happen to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Something that no model knows.
    Misbehaviour(Misbehaviour),
    /// An error that the operation's model lists, by name: `SlowDownException`.
    Error(String),
    /// The genuine reply, so many milliseconds later (at most a minute).
    DelayMs(u64),
}

impl From<Misbehaviour> for Effect {
    fn from(misbehaviour: Misbehaviour) -> Self {
        Self::Misbehaviour(misbehaviour)
    }
}

/// Whose requests. A sign-in's whole line belongs to its user code and its device code: the polls, the portal calls with
/// the token that came of them, and what is signed with the role credentials. So it does to the person once approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each says what it holds")]
pub enum Only {
    Person(String),
    UserCode(String),
    DeviceCode(String),
    StartUrl(String),
    ClientId(String),
    ClientName(String),
    AccessKeyId(String),
}

/// An effect, on which operation, for whom, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What happens.
    pub effect: Effect,
    /// `None`: every operation.
    pub operation: Option<Operation>,
    /// `None`: everyone.
    pub only: Option<Only>,
    /// `None`: until it is taken back.
    pub times: Option<u32>,
}

impl Rule {
    /// Everywhere, for everyone, for ever.
    #[must_use]
    pub fn new(effect: impl Into<Effect>) -> Self {
        Self {
            effect: effect.into(),
            operation: None,
            only: None,
            times: None,
        }
    }

    /// The modelled error of that name.
    #[must_use]
    pub fn error(name: impl Into<String>) -> Self {
        Self::new(Effect::Error(name.into()))
    }

    /// On one operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// For one line of requests.
    #[must_use]
    pub fn only(mut self, only: Only) -> Self {
        self.only = Some(only);
        self
    }

    /// That many times, then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}
