//! Creates the secret of one-time codes, which becomes a factor when a code has confirmed it. Also creates recovery codes.

use super::codes::{TypedCode, check_totp};
use super::verify::{self, Claimed, PendingClient, Verified};
use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::crypto::factor_keys::FactorKeys;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::recovery_code::{CODES, RecoveryCode};
use crate::domain::totp::{self, TotpSecret};
use crate::domain::user::User;
use crate::runtime::random;
use crate::store::factors::NewFactor;
use crate::store::pending_sign_ins::{Pending, PendingCheck};
use crate::store::totp::{UnconfirmedTotp, prepare};
use uuid::Uuid;

/// A new secret, as the user enters it into an app.
#[derive(Clone, Debug)]
pub struct NewTotp {
    /// Base32.
    pub secret: Secret,
    /// The `otpauth` URI of the QR code.
    pub uri: Secret,
}

/// The outcome of creating a secret.
#[derive(Debug)]
pub enum Prepared {
    /// The secret is stored, but no code has confirmed it.
    Yes(NewTotp),
    /// The user has one-time codes already.
    Exists,
    /// The service has no `FACTOR_KEY`.
    Unavailable,
}

/// The outcome of creating a secret in a pending sign-in.
#[derive(Debug)]
pub enum PreparedInSignIn {
    /// The secret is stored, but no code has confirmed it.
    Yes(NewTotp),
    /// The user has a factor already.
    HasFactor,
    /// The service has no `FACTOR_KEY`.
    Unavailable,
    /// The sign-in cannot be completed.
    No(Verified),
}

/// Creates a secret for a signed-in user. It replaces a secret that was not confirmed.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn in_session(context: &RequestContext, user: &User) -> Result<Prepared, AppError> {
    let Some(keys) = context.app.factor_keys.as_ref() else {
        return Ok(Prepared::Unavailable);
    };
    let new = create(context, keys, user, None).await?;
    Ok(new.map_or(Prepared::Exists, Prepared::Yes))
}

/// Creates a secret in a pending sign-in of a user who has no factor.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn in_sign_in(
    context: &RequestContext,
    client: &PendingClient,
) -> Result<PreparedInSignIn, AppError> {
    let pending = match verify::claim(context, client, PendingCheck::Nothing).await? {
        Claimed::Yes(pending) => pending,
        Claimed::No(verified) => return Ok(PreparedInSignIn::No(verified)),
    };
    if pending.codes.has_factor {
        return Ok(PreparedInSignIn::HasFactor);
    }
    let Some(keys) = context.app.factor_keys.as_ref() else {
        return Ok(PreparedInSignIn::Unavailable);
    };
    let id = fingerprint(client.secret.reveal());
    let new = create(context, keys, &pending.user, Some(&id)).await?;
    let expired = PreparedInSignIn::No(Verified::Expired);
    Ok(new.map_or(expired, PreparedInSignIn::Yes))
}

async fn create(
    context: &RequestContext,
    keys: &FactorKeys,
    user: &User,
    pending: Option<&str>,
) -> Result<Option<NewTotp>, AppError> {
    let config = &context.app.config;
    let totp = TotpSecret::new(random::bytes()?);
    let secret = totp.base32();
    let sealed = keys
        .seal(&user.id.to_string(), &secret, random::bytes()?)
        .map_err(|_| AppError::Runtime)?;
    let new = UnconfirmedTotp {
        user: user.id,
        secret: &sealed,
        key_id: keys.id(),
        now: context.now(),
        pending,
    };
    let is_stored = prepare(context.app.database, &new).await?;
    let account = user.email.as_deref().unwrap_or(&user.username);
    Ok(is_stored.then(|| NewTotp {
        uri: totp::uri(&config.branding.name, account, &totp),
        secret,
    }))
}

/// The factor that a code adds in a pending sign-in: the one-time codes that it confirms. `None` if the user has a factor already, or
/// if the code confirms nothing.
pub(super) fn confirmed(
    context: &RequestContext,
    pending: &Pending,
    code: &TypedCode,
) -> Option<NewFactor> {
    let state = &pending.codes;
    let TypedCode::Totp(code) = code else {
        return None;
    };
    if state.has_factor || state.is_locked() {
        return None;
    }
    let stored = state.totp.as_ref().filter(|stored| !stored.is_confirmed)?;
    check_totp(context, pending.user.id, stored, code).map(NewFactor::Totp)
}

/// New recovery codes.
///
/// # Errors
/// `Runtime`.
pub fn recovery_codes() -> Result<Vec<RecoveryCode>, AppError> {
    let code = |_| Ok(RecoveryCode::new(random::bytes()?));
    (0..CODES).map(code).collect()
}

/// The hashes of recovery codes, which are stored.
#[must_use]
pub fn hashes(codes: &[RecoveryCode], user: Uuid) -> Vec<String> {
    codes.iter().map(|code| code.hash(user)).collect()
}

/// The recovery codes as the user sees them, once.
#[must_use]
pub fn shown(codes: &[RecoveryCode]) -> Vec<Secret> {
    codes.iter().map(RecoveryCode::shown).collect()
}
