//! Signs in a user that AWS has identified: finds or creates the user, synchronises profile and role, and starts a session.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::credential::Issued;
use super::error::AppError;
use super::second_factor::pending::{self, FirstStep, PendingSignIn};
use super::second_factor::rules;
use super::sessions::revoke_cached;
use super::sign_in::{
    AttemptedAccount, CHANGED, DISABLED, NEEDS_FACTOR, NewSessionOptions, SettledFactor, refuse,
    start_session,
};
use crate::aws::identity::{AwsUser, AwsUserEmail};
use crate::domain::audit::Kind;
use crate::domain::role::Role;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::runtime::random;
use crate::store::federated_users::{self, FederatedProfile, Known, RoleChanged, Updated};

/// Maximum number of attempts to update a profile. An attempt is repeated if another request has changed the row.
const MAX_PROFILE_UPDATES: usize = 3;

/// The outcome of a sign-in.
#[derive(Debug)]
pub enum FederatedSignIn {
    /// The user is signed in.
    SignedIn(Issued, User),
    /// The user needs a second factor. `None` if this client cannot be asked for it.
    SecondFactor(Option<PendingSignIn>),
    /// The user is disabled or was changed meanwhile.
    Refused,
}

/// Signs in a user that AWS has authenticated. The first sign-in creates the user. `role` is the role that this sign-in sets,
/// if it sets one. The audit log records a refusal.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    client: &ClientInfo,
    aws_user: &AwsUser,
    role: Option<Role>,
    mut options: NewSessionOptions<'_>,
) -> Result<FederatedSignIn, AppError> {
    let profile = profile(aws_user, role);
    let mut known = find_or_create(context, client, &profile).await?;
    for _ in 0..MAX_PROFILE_UPDATES {
        if !known.user.is_active || profile.is_recorded_in(&known) {
            break;
        }
        known = match sync_profile(context, client, &profile, &known.user).await? {
            Some(known) => known,
            None => find_or_create(context, client, &profile).await?,
        };
    }
    let has_factor = known.has_factor;
    let mut user = known.user;
    if user.is_active && profile.has_other_role(&user) {
        return Err(AppError::Contention);
    }
    let (id, method) = (user.id, options.method);
    let rules = rules(context, user.role);
    let needs_factor = rules.need_factor(method, has_factor);
    let (reason, outcome) = if !user.is_active {
        (DISABLED, FederatedSignIn::Refused)
    } else if !needs_factor {
        if method == SignInMethod::AwsDevice && rules.is_aws_trusted {
            options.factor = Some(SettledFactor::default());
        }
        if let Some(issued) = start_session(context, client, &mut user, options).await? {
            return Ok(FederatedSignIn::SignedIn(issued, user));
        }
        (CHANGED, FederatedSignIn::Refused)
    } else if let Some(binding) = &options.requested.binding {
        let first = FirstStep {
            user: &user,
            has_factor,
            method,
            kind: options.requested.kind,
            binding,
            checked_hash: None,
            new_hash: None,
            attempt: None,
        };
        if let Some(pending) = pending::create(context, client, &first).await? {
            return Ok(FederatedSignIn::SecondFactor(Some(pending)));
        }
        (CHANGED, FederatedSignIn::Refused)
    } else {
        (NEEDS_FACTOR, FederatedSignIn::SecondFactor(None))
    };
    refuse(context, client, method, AttemptedAccount::Known(id), reason).await?;
    Ok(outcome)
}

/// The profile of a user that AWS has authenticated.
#[must_use]
pub fn profile(aws_user: &AwsUser, role: Option<Role>) -> FederatedProfile<'_> {
    FederatedProfile {
        source: &aws_user.source,
        subject: &aws_user.subject,
        username: &aws_user.username,
        email: aws_user.email.as_ref().map(AwsUserEmail::as_str),
        made_email_key: aws_user.email.as_ref().and_then(AwsUserEmail::derived_key),
        name: &aws_user.full_name,
        role,
    }
}

/// Returns the user's row, and creates it if it does not exist.
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

/// Updates the user's row and returns it; `None` if another request changed it in the meantime.
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
        revoked,
        outdated,
    } = federated_users::update(context.app.database, profile, user, now, entries.as_ref()).await?;
    revoke_cached(context, &revoked).await;
    context.app.session_cache.forget(&outdated, now).await;
    Ok(known)
}
