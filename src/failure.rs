//! Every way a request can fail, in our words. No HTTP here: `web/envelope.rs` gives each its status and text.

use crate::account::policy::PolicyError;
use crate::aws::fault::Fault;

/// Why a request was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No route has this path.
    NotFound,
    /// The path exists, the method does not; holds the methods that do, as an `Allow` value.
    MethodNotAllowed(&'static str),
    /// No bearer token came with the request.
    NoToken,
    /// The token is not ours, has expired, or its session has ended.
    InvalidToken,
    /// The person who asks is no administrator.
    AdminRequired,
    /// `/aws-credentials` where the service has no AWS keys, or none that Bedrock takes.
    AwsKeysAbsent,
    /// `/nvidia-credentials` where the service has no NVIDIA key.
    NvidiaKeyAbsent,
    /// The person who asks is no super administrator.
    SuperAdminRequired,
    /// The URL has a parameter that the route does not take, or a value that it cannot have.
    InvalidParameters,
    /// The body is over the limit.
    BodyTooLarge,
    /// A body came without `Content-Type: application/json`.
    UnsupportedMediaType,
    /// The body is not the JSON that the route takes.
    InvalidBody,
    /// `/login` without a usable username and password.
    MissingLogin,
    /// `/login` with a name and password that do not belong together.
    WrongLogin,
    /// `/change-password` with another password than the current one, or of somebody who has none.
    WrongCurrentPassword,
    /// Nothing is evaluated for so many seconds: there were too many requests or failures.
    TooManyRequests(u32),
    /// This isolate hashes as many passwords as it can at once.
    Busy,
    /// `/set-password` with a link that is unknown, used or over.
    InvalidLink,
    /// A new password that the policy refuses.
    PasswordRefused(PolicyError),
    /// `/register-client`: AWS failed or is not configured; why, as a fixed code.
    RegisterClient(&'static str),
    /// `/device-authorization`: AWS failed or is not configured; why, as a fixed code.
    DeviceAuthorization(&'static str),
    /// `/device-authorization` with a client that is not a living one of ours.
    InvalidClientHandle,
    /// `/token` with a client or a device code that is not a living one of ours.
    InvalidDeviceHandle,
    /// `/token`: the person has not answered yet.
    AuthorizationPending {
        /// Seconds after which it is worth asking again.
        retry_after: u32,
        /// The `wait` preference that was followed, in seconds.
        preference: Option<u32>,
    },
    /// `/token`: the device code has ended.
    AuthorizationOver,
    /// `/token`: the person said no, may not sign in, or AWS failed; why, as a fixed code.
    TokenFailed(&'static str),
    /// `/aws-login` with neither a proof nor keys of our own.
    AwsCredentialsMissing,
    /// `/aws-login`: AWS failed, or refused our own keys.
    AwsLogin(Fault),
    /// `/aws-login`: a proof that is none, is used, or of somebody who may not sign in.
    ProofRefused,
    /// A store did not answer, or answered what it must not.
    StorageOut(Outage),
    /// `/health` found this store out.
    StoreDown(&'static str),
    /// The configuration is not usable; the log names every mistake.
    Misconfigured,
    /// The runtime denied something that it always gives, such as random bytes.
    Platform,
}

/// What was wrong with a store, as a fixed code for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// D1 failed or did not answer in time.
    D1,
    /// D1 holds a row that breaks our rules; the column is named.
    CorruptRow(&'static str),
}
