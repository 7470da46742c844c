//! The last step of every sign-in: creates the session in D1, the cached session in KV and the token, or records why the
//! sign-in was refused.

use super::error::AppError;
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::token_verifier::Issued;
use crate::config::Consistency;
use crate::domain::address::network;
use crate::domain::audit::{Kind, Signed};
use crate::domain::token::{LEEWAY_SECONDS, Session, SessionId};
use crate::domain::user::User;
use crate::runtime::random;
use crate::store::sessions::{MAX_LIVE_SESSIONS, NewSession};
use crate::store::throttle::Reservation;
use uuid::Uuid;

/// How a user signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With the device flow of Identity Center.
    AwsDevice,
    /// With the service credentials.
    AwsApp,
    /// With a proof of an AWS identity.
    AwsProof,
}

impl SignInMethod {
    /// The name in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AwsDevice => "aws_device",
            Self::AwsApp => "aws_app",
            Self::AwsProof => "aws_proof",
        }
    }
}

/// The properties of a new session that depend on the method of sign-in.
#[derive(Debug)]
pub struct NewSessionOptions<'a> {
    /// The method of sign-in.
    pub method: SignInMethod,
    /// The `sid` of the session; `None` to generate it.
    pub sid: Option<SessionId>,
    /// The hash that the password was checked against. If it has changed in the meantime, no session is created.
    pub checked_hash: Option<&'a str>,
    /// A hash of the same password with the current parameters, which replaces the stored one.
    pub new_hash: Option<&'a str>,
    /// The attempt that succeeded, if attempts are counted.
    pub attempt: Option<&'a Reservation>,
    /// Maximum age of the session in seconds, if it is less than the maximum age for the role.
    pub max_age_seconds: Option<i64>,
}

impl NewSessionOptions<'_> {
    /// The options with no property except the method.
    #[must_use]
    pub fn of(method: SignInMethod) -> Self {
        Self {
            method,
            sid: None,
            checked_hash: None,
            new_hash: None,
            attempt: None,
            max_age_seconds: None,
        }
    }
}

/// The account of a refused sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptedAccount {
    /// A user.
    Known(Uuid),
    /// A name that no user has; holds its keyed hash.
    Unknown(String),
    /// The account is unknown.
    Unidentified,
}

/// Creates the audit entry for a refused sign-in, with the reason in fixed words.
///
/// # Errors
/// `Runtime`.
pub fn refusal(
    context: &RequestContext,
    client: &ClientInfo,
    method: SignInMethod,
    account: AttemptedAccount,
    reason: &str,
) -> Result<Signed, AppError> {
    let entry = client.entry(context, Kind::SignInFailed)?;
    let entry = match account {
        AttemptedAccount::Known(id) => entry.about(id),
        AttemptedAccount::Unknown(name_key) => entry.about_name(name_key),
        AttemptedAccount::Unidentified => entry,
    };
    Ok(context.sign(entry.detail(format!("{}: {reason}", method.as_str()))))
}

/// Records that the sign-in of a user with a valid AWS identity was refused. The number of such entries per network is limited.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn refuse(
    context: &RequestContext,
    client: &ClientInfo,
    method: SignInMethod,
    account: AttemptedAccount,
    reason: &str,
) -> Result<(), AppError> {
    let entry = refusal(context, client, method, account, reason)?;
    let network = network(client.address.as_deref());
    let throttle = &context.app.throttle;
    throttle
        .record_refused(&network, context.now_ms(), &entry)
        .await?;
    Ok(())
}

/// The reason in the audit log if the user is disabled.
pub const DISABLED: &str = "disabled";
/// The reason in the audit log if the user was changed between the check and the start of the session.
pub const CHANGED: &str = "changed meanwhile";

/// Starts a session and returns its token; `None` if the user was changed during the sign-in. Sets `user.last_login` to the
/// time of this sign-in.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn start_session(
    context: &RequestContext,
    client: &ClientInfo,
    user: &mut User,
    options: NewSessionOptions<'_>,
) -> Result<Option<Issued>, AppError> {
    let now = context.now();
    let sid = match options.sid {
        Some(sid) => sid,
        None => SessionId::from_bytes(random::bytes()?),
    };
    let session = Session {
        user: user.id,
        sid,
        generation: 0,
    };
    let id = session.sid.record_id();
    let lifetime = options
        .max_age_seconds
        .unwrap_or(i64::MAX)
        .min(context.app.config.sessions.max_age_of(user.role));
    let ends_at = now.plus(lifetime);
    let token_expires_at = now.plus(context.app.config.tokens.lifetime).min(ends_at);
    let new = NewSession {
        id: &id,
        user_id: user.id,
        role: user.role,
        created_at: now,
        token_expires_at,
        ends_at,
        device: client.device.as_deref(),
        address: client.address.as_deref(),
        password_hash: options.checked_hash,
        new_password_hash: options.new_hash,
        // Every client can sign in with the service credentials, so such a sign-in must not evict other sessions. Such a
        // session lasts for one hour at most.
        evicts: options.method != SignInMethod::AwsApp,
        attempt: options.attempt,
    };
    let signed = |kind, detail: String| {
        let entry = client.entry(context, kind)?;
        let entry = entry.by(user.id).about(user.id).of_session(&id);
        Ok::<_, AppError>(context.sign(entry.detail(detail)))
    };
    let signed_in = signed(Kind::SignIn, options.method.as_str().to_owned())?;
    let revoked = signed(
        Kind::SessionRevoked,
        format!("more than {MAX_LIVE_SESSIONS}"),
    )?;
    let begun = context
        .app
        .sessions
        .begin(&new, &signed_in, &revoked)
        .await?;
    let Some(evicted) = begun else {
        return Ok(None);
    };
    user.last_login = Some(now);
    if !evicted.is_empty() {
        // The client did not ask for the eviction, so the response does not wait for it. Only routes with the access level
        // `CachedSession` use cached sessions.
        let app = context.app;
        context.wait_until(async move { app.session_cache.mark_revoked(&evicted, now).await });
    }
    if context.app.config.sessions.consistency == Consistency::Cached {
        let (cache, user) = (&context.app.session_cache, user.clone());
        // If the write fails, the first request queries D1 and caches the session.
        context.wait_until(async move {
            let until = token_expires_at.plus(LEEWAY_SECONDS).min(ends_at);
            let _ = cache.put(&id, 0, &user, now, until).await;
        });
    }
    // `iat` is the time in the session's row, not the time of the request, so that a later request can issue the same token,
    // byte for byte.
    Ok(Some(context.app.tokens.issue(
        &session,
        now,
        token_expires_at,
    )))
}
