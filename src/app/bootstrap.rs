//! Creates the first super administrator with a one-time secret, which the command line has stored.

use super::attempt_retries::Retries;
use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::error::AppError;
use super::hash_slots::{self, Claim};
use crate::crypto::fingerprint::fingerprint;
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::domain::password_policy::{self, OwnNames, PolicyError};
use crate::domain::role::Role;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::random;
use crate::store::bootstrap::{self, Names, NewSuperAdmin, State};
use crate::store::integrity;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The outcome.
#[derive(Debug)]
pub enum Bootstrap {
    /// The super administrator is created; the secret is used.
    Created(Box<User>),
    /// Nothing was created, because of the secret, the names, or another super administrator. Never [`State::Open`].
    Refused(State),
    /// The policy refuses the password. The secret can still be used.
    PasswordRefused(PolicyError),
    /// All hashing slots of this isolate are taken.
    Overloaded,
}

/// The request.
#[derive(Debug)]
pub struct BootstrapRequest<'a> {
    /// The client.
    pub client: &'a ClientInfo,
    /// The secret as it was given.
    pub secret: &'a str,
    /// The names of the super administrator.
    pub names: &'a Names,
    /// The password.
    pub password: &'a str,
}

/// Creates the super administrator.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    request: &BootstrapRequest<'_>,
) -> Result<Bootstrap, AppError> {
    // White space is often copied along with the secret.
    let secret = fingerprint(names::trimmed(request.secret));
    let names = request.names;
    let own = OwnNames {
        username: names.username.as_str(),
        email: Some(names.email.as_str()),
        name: &names.name,
        organization: None,
    };
    let id = random::uuid()?;
    let minimum = context.app.config.passwords.min_length;
    let mut retries = Retries::new();
    loop {
        match state(context, &secret, names, context.now()).await? {
            State::Open => {}
            refused => return Ok(Bootstrap::Refused(refused)),
        }
        let password = match password_policy::check(request.password, minimum, &own) {
            Ok(password) => password,
            Err(error) => return Ok(Bootstrap::PasswordRefused(error)),
        };
        // A valid secret may take the reserved slot, one request at a time: the first request to finish uses the secret, and the
        // requests that waited find it used.
        let key = format!("bootstrap:{secret}");
        let holder = hash_slots::Holder {
            id: key.clone(),
            user: id,
        };
        let claim = Claim {
            key,
            holder: Some(holder),
        };
        if let Ok(slot) = context.slot(claim) {
            let hash = slot.hash(&password, id, &context.app.peppers).await?;
            drop(slot);
            return create(context, request, &secret, (id, &hash)).await;
        }
        if !retries.wait().await {
            return Ok(Bootstrap::Overloaded);
        }
    }
}

/// Checks the secret with this hash, and the names. An attacker with write access to D1 could disable all super administrators there
/// and then become one. The audit log must therefore also contain no active super administrator.
async fn state(
    context: &RequestContext,
    secret: &str,
    names: &Names,
    now: Timestamp,
) -> Result<State, StoreError> {
    let app = context.app;
    let state = bootstrap::state(app.database, secret, names, now).await?;
    if state == State::Open
        && integrity::has_recorded_super_admin(app.database, &app.audit_keys).await?
    {
        return Ok(State::Bootstrapped);
    }
    Ok(state)
}

/// Creates the user with this id and hash, unless another request has done so first.
async fn create(
    context: &RequestContext,
    request: &BootstrapRequest<'_>,
    secret: &str,
    (id, password_hash): (Uuid, &str),
) -> Result<Bootstrap, AppError> {
    let (names, now, role) = (request.names, context.now(), Role::SuperAdmin);
    let entry = |kind| {
        let entry = request.client.entry(context, kind);
        entry.map(|entry| entry.by(id).about(id))
    };
    let added = entry(Kind::UserAdded)?.detail(format!("role {}", role.as_str()));
    let entries = [
        context.sign(added),
        context.sign(entry(Kind::Bootstrap)?),
        context.sign(entry(Kind::PasswordSet)?.detail("bootstrap")),
    ];
    let new = NewSuperAdmin {
        id,
        names,
        password_hash,
        now,
        entries,
    };
    let database = context.app.database;
    if !bootstrap::create(database, secret, &new).await? {
        return match state(context, secret, names, now).await? {
            // Other requests have changed it twice.
            State::Open => Err(AppError::Contention),
            refused => Ok(Bootstrap::Refused(refused)),
        };
    }
    Ok(Bootstrap::Created(Box::new(User {
        id,
        username: names.username.to_string(),
        email: Some(names.email.as_str().to_owned()),
        name: names.name.clone(),
        organization: None,
        aws_region: None,
        role,
        is_active: true,
        created_at: now,
        updated_at: now,
        last_login: None,
    })))
}
