//! The factors of a signed-in user: confirming and removing one-time codes, new recovery codes, and removing the password.

use super::codes::{self, Purpose, check_totp};
use super::{add, enrol, rules};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::audit::{Kind, Signed};
use crate::domain::factor::Factor;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::store::factor_attempts::{self, ReservedCode};
use crate::store::factors::{self, NewFactor};
use crate::store::{passwords, recovery_codes, totp};

/// The outcome of confirming one-time codes.
#[derive(Debug)]
pub enum Confirmed {
    /// One-time codes are a factor now. Holds the recovery codes, if it is the first factor of the user.
    Yes(Option<Vec<Secret>>),
    /// The code is wrong, or there is nothing to confirm.
    Wrong,
    /// One-time codes were confirmed already.
    Exists,
    /// The code was not checked. No code is checked for this many seconds.
    BackOff(u32),
}

/// Confirms the secret of one-time codes with a code.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn confirm_totp(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    code: &Secret,
) -> Result<Confirmed, AppError> {
    let (database, user) = (context.app.database, &session.user);
    let reserved = factor_attempts::reserve(database, user.id, context.now_ms()).await?;
    let state = match reserved {
        ReservedCode::Yes(state) => state,
        ReservedCode::Later(seconds) => return Ok(Confirmed::BackOff(seconds)),
    };
    if state.totp.as_ref().is_some_and(|totp| totp.is_confirmed) {
        return Ok(Confirmed::Exists);
    }
    let stored = state.totp.as_ref().filter(|_| !state.is_locked());
    let checked = stored.and_then(|stored| check_totp(context, user.id, stored, code));
    let Some(code) = checked else {
        let refused = (Factor::Totp, Purpose::Confirmation(&session.id));
        codes::refuse(context, client, user, &state, refused).await?;
        return Ok(Confirmed::Wrong);
    };
    match add::in_session(context, client, session, NewFactor::Totp(code)).await {
        Ok(codes) => Ok(Confirmed::Yes(codes)),
        // Another request has confirmed or replaced the secret, or added a factor.
        Err(AppError::Store(StoreError::Conflict)) => Ok(Confirmed::Wrong),
        Err(error) => Err(error),
    }
}

/// Removes the one-time codes of the user. Returns false if they are the last factor and `MFA_POLICY` demands one.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn remove_totp(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
) -> Result<bool, AppError> {
    let (database, user) = (context.app.database, &session.user);
    let is_demanded = rules(context, user.role).is_demanded;
    let entry = entry(context, client, session, Kind::TotpRemoved)?;
    if totp::remove(database, session, is_demanded, context.now(), &entry).await? {
        notices::factor(context, client, user, FactorEvent::TotpRemoved);
        return Ok(true);
    }
    let found = factors::overview(database, user.id).await?;
    Ok(found.is_none_or(|found| found.totp_created_at.is_none()))
}

/// Replaces the recovery codes of the user; `None` if the user has no factor.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn replace_recovery_codes(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
) -> Result<Option<Vec<Secret>>, AppError> {
    let (database, user) = (context.app.database, &session.user);
    let codes = enrol::recovery_codes()?;
    let hashes = enrol::hashes(&codes, user.id);
    let entry = entry(context, client, session, Kind::RecoveryCodesCreated)?;
    let now = context.now();
    if !recovery_codes::replace(database, session, &hashes, now, &entry).await? {
        return Ok(None);
    }
    notices::factor(context, client, user, FactorEvent::RecoveryCodesCreated);
    Ok(Some(enrol::shown(&codes)))
}

/// Removes the password of the user. Returns false if the user has no passkey to sign in with.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn remove_password(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
) -> Result<bool, AppError> {
    let (database, user) = (context.app.database, &session.user);
    let entry = entry(context, client, session, Kind::PasswordRemoved)?;
    let now = context.received_at;
    if passwords::remove(database, session, now, &entry).await? {
        notices::factor(context, client, user, FactorEvent::PasswordRemoved);
        // The cached session of the caller has an outdated `updated_at`.
        let cache = &context.app.session_cache;
        cache.forget(&[session.clone().into()], now).await;
        return Ok(true);
    }
    let found = factors::overview(database, user.id).await?;
    Ok(found.is_none_or(|found| !found.has_password))
}

fn entry(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    kind: Kind,
) -> Result<Signed, AppError> {
    let entry = client.entry(context, kind)?;
    Ok(context.sign(entry.in_own_session(session)))
}
