//! The last step of every sign-in: creates the session in D1, the cached session in KV and the token, or records why the
//! sign-in was refused.

use super::error::AppError;
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::credential::Issued;
use crate::config::Consistency;
use crate::domain::audit::{Entry, Kind, Signed};
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::token::{LEEWAY_SECONDS, Session, SessionId};
use crate::domain::user::User;
use crate::runtime::{StoreError, random};
use crate::store::factors::FactorWrites;
use crate::store::pending_sign_ins::CompletedPending;
use crate::store::sessions::{MAX_LIVE_SESSIONS, NewSession, SignInEntries};
use crate::store::throttle::Reservation;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The session that a client asks for.
#[derive(Clone, Debug)]
pub struct RequestedSession {
    /// Whether it is used with a token or with a cookie.
    pub kind: SessionKind,
    /// The cookie session of the same browser, which the new one replaces: its id in D1 and its user.
    pub replaces: Option<(String, Uuid)>,
    /// The browser or network that the sign-in is bound to while it waits for a second factor; `None` if it cannot wait.
    pub binding: Option<String>,
}

/// A session that is used with a token.
pub const TOKEN_SESSION: RequestedSession = RequestedSession {
    kind: SessionKind::Token,
    replaces: None,
    binding: None,
};

/// What settles the second factor of a sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct SettledFactor<'a> {
    /// The factor that was used or added; `None` if the sign-in needs none.
    pub writes: Option<&'a FactorWrites<'a>>,
    /// The pending sign-in that is completed.
    pub pending: Option<&'a CompletedPending>,
}

/// The properties of a new session that depend on the method of sign-in.
#[derive(Debug)]
pub struct NewSessionOptions<'a> {
    /// The method of sign-in.
    pub method: SignInMethod,
    /// The session that the client asks for.
    pub requested: RequestedSession,
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
    /// What settles the second factor. Without it, no session is created for a user who has a factor.
    pub factor: Option<SettledFactor<'a>>,
}

impl NewSessionOptions<'_> {
    /// The options for a session with a token, with no property except the method.
    #[must_use]
    pub fn of(method: SignInMethod) -> Self {
        Self {
            method,
            requested: TOKEN_SESSION,
            sid: None,
            checked_hash: None,
            new_hash: None,
            attempt: None,
            max_age_seconds: None,
            factor: method.is_of_a_program().then(SettledFactor::default),
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
    let entry = refused(context, client, method, account, reason)?;
    Ok(context.sign(entry))
}

fn refused(
    context: &RequestContext,
    client: &ClientInfo,
    method: SignInMethod,
    account: AttemptedAccount,
    reason: &str,
) -> Result<Entry, AppError> {
    let entry = client.entry(context, Kind::SignInFailed)?;
    let entry = match account {
        AttemptedAccount::Known(id) => entry.about(id),
        AttemptedAccount::Unknown(name_key) => entry.about_name(name_key),
        AttemptedAccount::Unidentified => entry,
    };
    Ok(entry.detail(format!("{}: {reason}", method.as_str())))
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
    let entry = refused(context, client, method, account, reason)?;
    context.record_refused(client, entry).await
}

/// The reason in the audit log if the user is disabled.
pub const DISABLED: &str = "disabled";
/// The reason in the audit log if the user was changed between the check and the start of the session.
pub const CHANGED: &str = "changed meanwhile";
/// The reason in the audit log if the route cannot ask for the second factor that the user needs.
pub const NEEDS_FACTOR: &str = "second factor required";

/// Starts a session and returns its token or cookie; `None` if the user was changed during the sign-in, or the second factor cannot
/// be used any more. Sets `user.last_login` to the time of this sign-in.
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
    let sid = match &options.sid {
        Some(sid) => sid.clone(),
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
    let requested = &options.requested;
    let until_refresh = match requested.kind {
        SessionKind::Token => context.app.config.tokens.lifetime,
        SessionKind::Cookie => context.app.config.sessions.idle,
    };
    let token_expires_at = now.plus(until_refresh).min(ends_at);
    let new = NewSession {
        id: &id,
        user_id: user.id,
        role: user.role,
        kind: requested.kind,
        method: options.method,
        created_at: now,
        token_expires_at,
        ends_at,
        device: client.device.as_deref(),
        address: client.address.as_deref(),
        country: client.country.as_deref(),
        password_hash: options.checked_hash,
        new_password_hash: options.new_hash,
        // Every client can sign in with the service credentials, so such a sign-in must not evict other sessions. Such a
        // session lasts for one hour at most.
        evicts: options.method != SignInMethod::AwsApp,
        attempt: options.attempt,
        replaces: requested
            .replaces
            .as_ref()
            .map(|(id, user)| (id.as_str(), *user)),
        is_factor_settled: options.factor.is_some(),
        factor: options.factor.and_then(|factor| factor.writes),
        pending: options.factor.and_then(|factor| factor.pending),
    };
    let entries = entries(context, client, user.id, &id, &options)?;
    let revoked = match context.app.sessions.begin(&new, &entries).await {
        Ok(Some(revoked)) => revoked,
        Ok(None) | Err(StoreError::Conflict) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    user.last_login = Some(now);
    if !revoked.is_empty() {
        // The client did not ask for the revocation, so the response does not wait for it. Only routes with the access level
        // `CachedSession` use cached sessions.
        let app = context.app;
        context.wait_until(async move { app.session_cache.mark_revoked(&revoked, now).await });
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
    let expires_at = match requested.kind {
        SessionKind::Token => token_expires_at,
        SessionKind::Cookie => ends_at,
    };
    issue(context, requested.kind, &session, now, expires_at).map(Some)
}

/// The token or cookie of a session. A token expires at `expires_at`; for a cookie, this is the end of the session.
///
/// # Errors
/// `Runtime`.
pub fn issue(
    context: &RequestContext,
    kind: SessionKind,
    session: &Session,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<Issued, AppError> {
    let app = context.app;
    match kind {
        SessionKind::Token => Ok(app.tokens.issue(session, issued_at, expires_at)),
        SessionKind::Cookie => {
            let nonce = random::bytes()?;
            app.cookies
                .issue(&app.sealer, session, issued_at, expires_at, nonce)
        }
    }
}

/// The audit entries of the new session with this id.
fn entries(
    context: &RequestContext,
    client: &ClientInfo,
    user: Uuid,
    id: &str,
    options: &NewSessionOptions<'_>,
) -> Result<SignInEntries, AppError> {
    let signed = |kind, about: Uuid, session: &str, detail: String| {
        let entry = client.entry(context, kind)?;
        let entry = entry.by(user).about(about).of_session(session);
        Ok::<_, AppError>(context.sign(entry.detail(detail)))
    };
    let replaced = options.requested.replaces.as_ref();
    let replaced = replaced.map(|(replaced, owner)| {
        let detail = "replaced by a sign-in".to_owned();
        signed(Kind::SessionRevoked, *owner, replaced, detail)
    });
    let factor = options
        .factor
        .and_then(|factor| Some(factor.writes?.shown.factor()));
    let method = match (options.method, factor) {
        (SignInMethod::Passkey, _) | (_, None) => options.method.as_str().to_owned(),
        (method, Some(factor)) => format!("{}, {}", method.as_str(), factor.as_str()),
    };
    let evicted = format!("more than {MAX_LIVE_SESSIONS}");
    Ok(SignInEntries {
        signed_in: signed(Kind::SignIn, user, id, method)?,
        evicted: signed(Kind::SessionRevoked, user, id, evicted)?,
        replaced: replaced.transpose()?,
    })
}
