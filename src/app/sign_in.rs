//! What every way of signing in ends with: a session in D1, its copy in KV, and a token; or an entry that says reason not.

use super::error::AppError;
use super::sessions::revoke_cached;
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::token_verifier::Issued;
use crate::aws::identity::{AwsUser, AwsUserEmail};
use crate::config::Consistency;
use crate::domain::address::network;
use crate::domain::audit::{Kind, Signed};
use crate::domain::role::Role;
use crate::domain::token::{LEEWAY_SECONDS, Session, SessionId};
use crate::domain::user::User;
use crate::runtime::random;
use crate::store::federated_users::{self, FederatedProfile, Known, RoleChanged, Updated};
use crate::store::sessions::{MAX_LIVE_SESSIONS, NewSession};
use crate::store::throttle::Reservation;
use uuid::Uuid;

/// How a user signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// By a password.
    Password,
    /// By a device flow of Identity Center.
    AwsDevice,
    /// By the service's own keys.
    AwsApp,
    /// By a proof of an AWS identity.
    AwsProof,
}

impl SignInMethod {
    /// The word for it in the audit log.
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

/// What is particular about one sign-in.
#[derive(Debug)]
pub struct NewSessionOptions<'a> {
    /// How.
    pub method: SignInMethod,
    /// The session's `sid` where it was drawn before; else it is drawn now.
    pub sid: Option<SessionId>,
    /// The hash that a password was checked against; if it has changed in the meantime, no session is created.
    pub checked: Option<&'a str>,
    /// The same password under today's parameters.
    pub renewed: Option<&'a str>,
    /// The attempt that succeeded, where attempts are counted.
    pub attempt: Option<&'a Reservation>,
    /// Seconds after which the session ends where that is sooner than its role's end.
    pub longest: Option<i64>,
}

impl NewSessionOptions<'_> {
    /// Nothing particular.
    #[must_use]
    pub fn of(method: SignInMethod) -> Self {
        Self {
            method,
            sid: None,
            checked: None,
            renewed: None,
            attempt: None,
            longest: None,
        }
    }
}

/// Who was not signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptedAccount {
    /// A person in the record.
    Known(Uuid),
    /// A name that no user has, as its keyed hash.
    Unknown(String),
    /// It is unknown who it was.
    Unidentified,
}

/// The entry for a refused sign-in, with the reason in fixed words.
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

/// Records that the sign-in of a user with a valid AWS identity was refused, as often per network as it may have failures.
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

/// Maximum number of times that the row is read because another request has changed it.
const ATTEMPTS: usize = 3;

/// Why a person in the record was not signed in.
pub const DISABLED: &str = "disabled";
/// The record was changed between the check and the session.
pub const CHANGED: &str = "changed meanwhile";

/// Signs in a person account AWS vouches for: bound to a record at first sight, with this role if the sign-in decides one.
/// `None` if the person is disabled, which is written down.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn sign_in_federated(
    context: &RequestContext,
    client: &ClientInfo,
    person: &AwsUser,
    role: Option<Role>,
    options: NewSessionOptions<'_>,
) -> Result<Option<(Issued, User)>, AppError> {
    let profile = FederatedProfile {
        source: &person.source,
        subject: &person.subject,
        username: &person.username,
        email: person.email.as_ref().map(AwsUserEmail::as_str),
        made_email_key: person.email.as_ref().and_then(AwsUserEmail::derived_key),
        name: &person.full_name,
        role,
    };
    let mut known = find_or_create(context, client, &profile).await?;
    for _ in 0..ATTEMPTS {
        if !known.user.is_active || profile.is_recorded_in(&known) {
            break;
        }
        known = match sync_profile(context, client, &profile, &known.user).await? {
            Some(known) => known,
            None => find_or_create(context, client, &profile).await?,
        };
    }
    let mut user = known.user;
    if user.is_active && profile.has_other_role(&user) {
        return Err(AppError::Contention);
    }
    let (id, method) = (user.id, options.method);
    let reason = if user.is_active {
        if let Some(issued) = start_session(context, client, &mut user, options).await? {
            return Ok(Some((issued, user)));
        }
        CHANGED
    } else {
        DISABLED
    };
    refuse(context, client, method, AttemptedAccount::Known(id), reason).await?;
    Ok(None)
}

/// The person's row, made if there is none.
async fn find_or_create(
    context: &RequestContext,
    client: &ClientInfo,
    profile: &FederatedProfile<'_>,
) -> Result<Known, AppError> {
    if let Some(known) = federated_users::find(context.app.database, profile).await? {
        return Ok(known);
    }
    let id = random::uuid()?;
    let role = profile.role.unwrap_or(Role::User);
    let entry = client.entry(context, Kind::UserAdded)?.by(id).about(id);
    let added = context.sign(entry.detail(format!("role {}", role.as_str())));
    Ok(federated_users::bind(context.app.database, profile, id, context.now(), &added).await?)
}

/// The user's row after the update; `None` if another request changed it in the meantime.
async fn sync_profile(
    context: &RequestContext,
    client: &ClientInfo,
    profile: &FederatedProfile<'_>,
    user: &User,
) -> Result<Option<Known>, AppError> {
    let entries = match profile.role.filter(|role| *role != user.role) {
        None => None,
        Some(role) => {
            let entry = |kind| {
                let entry = client.entry(context, kind);
                entry.map(|entry| entry.by(user.id).about(user.id))
            };
            let change = format!("role {} -> {}", user.role.as_str(), role.as_str());
            Some(RoleChanged {
                role_changed: context.sign(entry(Kind::RoleChanged)?.detail(change)),
                sessions_revoked: context.sign(entry(Kind::SessionRevoked)?.detail("role_changed")),
            })
        }
    };
    let now = context.now();
    let Updated {
        known,
        ended,
        stale,
    } = federated_users::update(context.app.database, profile, user, now, entries.as_ref()).await?;
    revoke_cached(context, &ended).await;
    context.app.session_cache.forget(&stale, now).await;
    Ok(known)
}

/// Begins a session; gives the token, or `None` if the person was changed while signing in. `user.last_login` becomes
/// this sign-in.
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
        .longest
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
        password_hash: options.checked,
        new_password_hash: options.renewed,
        // Every client can sign in with the service credentials, so such a sign-in must not evict other sessions; each lasts an hour.
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
    let Some(ended) = begun else {
        return Ok(None);
    };
    user.last_login = Some(now);
    if !ended.is_empty() {
        // The client did not ask for the eviction, so the response does not wait for it. Routes that grant something read D1.
        let app = context.app;
        context.wait_until(async move { app.session_cache.end(&ended, now).await });
    }
    if context.app.config.sessions.consistency == Consistency::Cached {
        let (copies, user) = (&context.app.session_cache, user.clone());
        // If it fails, the first request queries D1 and caches the session.
        context.wait_until(async move {
            let until = token_expires_at.plus(LEEWAY_SECONDS).min(ends_at);
            let _ = copies.put(&id, 0, &user, now, until).await;
        });
    }
    // Of the record's moment, not the request's: who reads the record later makes the same token, byte for byte.
    Ok(Some(context.app.tokens.issue(
        &session,
        now,
        token_expires_at,
    )))
}
