//! Every reason for which a request fails. There is no HTTP here: `http/error_response.rs` gives each reason its error code, and
//! `http/error_codes.rs` gives each code its status and text.

use crate::aws::error::AwsError;
use crate::domain::password_policy::PolicyError;
use crate::runtime::StoreError;

/// Why a request was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No route has this path.
    NotFound,
    /// The path exists, the method does not; holds the methods that do, as an `Allow` value.
    MethodNotAllowed(&'static str),
    /// A preflight came from an origin that is not allowed.
    OriginNotAllowed,
    /// No bearer token came with the request.
    NoToken,
    /// The token was not issued by this service or was rotated out, or its session has expired or was revoked.
    InvalidToken,
    /// The token is authentic but has expired.
    TokenExpired,
    /// The caller is not an administrator.
    AdminRequired,
    /// `/aws-credentials` where the service has no AWS keys, or none that Bedrock takes.
    AwsKeysAbsent,
    /// `/nvidia-credentials` where the service has no NVIDIA key.
    NvidiaKeyAbsent,
    /// The caller is not a super administrator.
    SuperAdminRequired,
    /// A query parameter has an invalid value; holds its name.
    InvalidParameter(&'static str),
    /// A query parameter was given more than once; holds its name.
    RepeatedParameter(&'static str),
    /// The query has a parameter that the route does not support.
    UnknownParameter,
    /// The body is over the limit.
    BodyTooLarge,
    /// A body does not have the media type that the route accepts; holds that media type.
    UnsupportedMediaType(&'static str),
    /// A body came with a `Content-Encoding`.
    UnsupportedEncoding,
    /// The body is invalid.
    InvalidBody {
        /// What is wrong with it.
        fault: BodyFault,
        /// The text that an API specification fixes for the route; [`INVALID_BODY`] if none does.
        text: &'static str,
    },
    /// `/login` with a name and password that do not belong together.
    WrongLogin,
    /// `/change-password` with a wrong current password, or for a user who has no password.
    WrongCurrentPassword,
    /// The rate limit is exceeded; holds the seconds until the next request is admitted.
    TooManyRequests(u32),
    /// There were too many failed attempts; holds the seconds until the next one is evaluated.
    BackOff(u32),
    /// This isolate is evaluating as many passwords, or reading as many bodies, as it can.
    Busy,
    /// `/set-password` with a link that is unknown, used or expired.
    InvalidLink,
    /// The caller has no session with this id.
    SessionNotFound,
    /// A new password that the policy refuses.
    PasswordRefused(PolicyError),
    /// `/register-client`: AWS failed or is not configured; why, as a fixed code.
    RegisterClient(&'static str),
    /// `/device-authorization`: AWS failed or is not configured; why, as a fixed code.
    DeviceAuthorization(&'static str),
    /// `/device-authorization` with a client that this service did not register, or that has expired.
    InvalidClientHandle,
    /// `/token` with a client or a device code that this service did not issue, or that has expired.
    InvalidDeviceHandle,
    /// `/token`: the user has not answered yet.
    AuthorizationPending {
        /// Seconds after which it is worth asking again.
        retry_after: u32,
        /// The `wait` preference that was followed, in seconds.
        preference: Option<u32>,
    },
    /// `/token`: the device code has expired or was already used.
    DeviceCodeExpired,
    /// `/token`: AWS failed or is not configured; why, as a fixed code.
    TokenFailed(&'static str),
    /// `/token`: the user, the directory or an administrator denied the sign-in.
    AccessDenied(Denial),
    /// `/aws-login` with neither a proof nor keys of the service.
    AwsCredentialsMissing,
    /// `/aws-login`: AWS failed, or refused the service's own keys.
    AwsLogin(AwsError),
    /// `/aws-login`: a proof that is malformed, already used, refused by AWS, or of a principal that may not sign in.
    ProofRefused,
    /// D1 is unavailable, or returned a row that violates an invariant.
    StoreUnavailable(Outage),
    /// `/health` found this store unavailable.
    Unhealthy(&'static str),
    /// The configuration is invalid; the log names every mistake.
    Misconfigured,
    /// The runtime failed to provide a resource, such as random bytes.
    Platform,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::StoreUnavailable(Outage::D1),
            StoreError::CorruptRow(column) => Self::StoreUnavailable(Outage::CorruptRow(column)),
        }
    }
}

/// Why the sign-in of a device flow was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user denied the request.
    ByUser,
    /// The user has no permission set in the account that is looked at.
    NoAssignment,
    /// The credentials from the portal belong to a different account than the one that is looked at.
    OtherAccount,
    /// The user is disabled in the directory.
    DisabledInDirectory,
    /// The user is disabled here.
    Disabled,
    /// The session that this device flow created was revoked.
    SessionEnded,
}

impl Denial {
    /// The fixed code in the detail of the audit entry.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ByUser => "denied",
            Self::NoAssignment => "no_assignment",
            Self::OtherAccount => "other_account",
            Self::DisabledInDirectory => "disabled_in_directory",
            Self::Disabled => "disabled",
            Self::SessionEnded => "session_ended",
        }
    }
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It ended before it was complete, or did not arrive in time.
    Interrupted,
    /// It is not a JSON object in UTF-8.
    NotJson,
    /// A required field is absent, null or empty.
    MissingField,
    /// A field has an invalid value.
    InvalidField,
}

/// The text for an invalid body, if no API specification fixes one.
pub const INVALID_BODY: &str = "Invalid request body";

/// What was wrong with a store, as a fixed code for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// D1 failed or did not answer in time.
    D1,
    /// D1 holds a row that breaks our rules; the column is named.
    CorruptRow(&'static str),
}
