//! Every reason for which a request fails. There is no HTTP here: `web/envelope.rs` gives each reason its error code, and
//! `web/error_codes.rs` gives each code its status and text.

use crate::account::policy::PolicyError;
use crate::aws::fault::Fault;

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
    /// The token is not one of this service, was rotated out, or its session has ended.
    InvalidToken,
    /// The token is authentic, and its lifetime is over.
    TokenExpired,
    /// The caller is not an administrator.
    AdminRequired,
    /// `/aws-credentials` where the service has no AWS keys, or none that Bedrock takes.
    AwsKeysAbsent,
    /// `/nvidia-credentials` where the service has no NVIDIA key.
    NvidiaKeyAbsent,
    /// The caller is not a super administrator.
    SuperAdminRequired,
    /// A query parameter has a value that it cannot have; holds its name.
    InvalidParameter(&'static str),
    /// A query parameter was given more than once; holds its name.
    RepeatedParameter(&'static str),
    /// The query has a parameter that the route does not take.
    UnknownParameter,
    /// The body is over the limit.
    BodyTooLarge,
    /// A body came without the media type that the route takes, which is held.
    UnsupportedMediaType(&'static str),
    /// A body came with a `Content-Encoding`.
    UnsupportedEncoding,
    /// The body is not one that the route takes.
    InvalidBody {
        /// What is wrong with it.
        fault: BodyFault,
        /// The text that the API's documents give the route for it; [`INVALID_BODY`] if they give none.
        text: &'static str,
    },
    /// `/login` with a name and password that do not belong together.
    WrongLogin,
    /// `/change-password` with another password than the current one, or for a user who has none.
    WrongCurrentPassword,
    /// The rate limit is used up; holds the seconds until another request is evaluated.
    TooManyRequests(u32),
    /// Too many failed attempts came before; holds the seconds until another one is evaluated.
    BackOff(u32),
    /// This isolate evaluates as many passwords, or reads as many bodies, as it can at once.
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
    /// `/token` with a client or a device code that this service did not give out, or that has expired.
    InvalidDeviceHandle,
    /// `/token`: the user has not answered yet.
    AuthorizationPending {
        /// Seconds after which it is worth asking again.
        retry_after: u32,
        /// The `wait` preference that was followed, in seconds.
        preference: Option<u32>,
    },
    /// `/token`: the device code has expired, or was used.
    AuthorizationOver,
    /// `/token`: AWS failed or is not configured; why, as a fixed code.
    TokenFailed(&'static str),
    /// `/token`: the user, the directory or an administrator decided that nobody is signed in.
    AccessDenied(Denial),
    /// `/aws-login` with neither a proof nor keys of the service.
    AwsCredentialsMissing,
    /// `/aws-login`: AWS failed, or refused the service's own keys.
    AwsLogin(Fault),
    /// `/aws-login`: a proof that is malformed, used, refused, or of a principal that may not sign in.
    ProofRefused,
    /// D1 did not answer, or answered with a row that breaks our rules.
    StorageOut(Outage),
    /// `/health` found this store unavailable.
    StoreDown(&'static str),
    /// The configuration is not usable; the log names every mistake.
    Misconfigured,
    /// The runtime denied what it always gives, such as random bytes.
    Platform,
}

/// Who decided that a device flow signs nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user denied the request.
    ByUser,
    /// The user has no permission set in the account that is asked about.
    NoAssignment,
    /// The credentials that the portal gave are of another account than the one that is asked about.
    OtherAccount,
    /// The user is disabled in the directory.
    DisabledInDirectory,
    /// The user is disabled here.
    Disabled,
    /// The session that this device flow had begun was revoked.
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
    /// A field has a value that it cannot have.
    InvalidField,
}

/// The text for a body that is not one that the route takes, where the API's documents have none.
pub const INVALID_BODY: &str = "Invalid request body";

/// What was wrong with a store, as a fixed code for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// D1 failed or did not answer in time.
    D1,
    /// D1 holds a row that breaks our rules; the column is named.
    CorruptRow(&'static str),
}
