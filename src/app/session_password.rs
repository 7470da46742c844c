//! The check of the password of a signed-in user, for a step-up and for a change of the password.
//!
//! Attempts of both kinds are counted together per session, so that an attacker with a stolen session cannot guess the password
//! with it. The user can still sign in, and use another session.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::error::AppError;
use super::hash_slots::Slot;
use super::password_attempt::{self, PasswordCheck};
use crate::crypto::password::{Password, StoredHash};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::store::passwords;
use crate::store::throttle::Reservation;

/// Compares a password with that of the user. Returns the stored hash; `None` if the password is wrong, the user has none, or
/// the password is locked in this session.
///
/// # Errors
/// `Store`, `Runtime`.
pub(super) async fn compare(
    context: &RequestContext,
    session: &SessionRecord,
    reservation: &Reservation,
    slot: &Slot,
    password: &str,
) -> Result<Option<String>, AppError> {
    let user = session.user.id;
    let hash = passwords::hash_of(context.app.database, user).await?;
    let check = match Password::parse(password) {
        Ok(password) => {
            let stored = hash.as_deref().map(|phc| StoredHash { user, phc });
            password_attempt::check(context, slot, &password, stored).await?
        }
        Err(_) => PasswordCheck::Wrong,
    };
    let is_right = matches!(check, PasswordCheck::Right { .. }) && !reservation.is_locked();
    Ok(hash.filter(|_| is_right))
}

/// Records that the password was wrong. Once the password is locked in a session, nothing more is recorded, because otherwise
/// the log would grow with every further request.
///
/// # Errors
/// `Store`, `Runtime`.
pub(super) async fn refuse(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    reservation: &Reservation,
    kind: Kind,
    reason: &str,
) -> Result<(), AppError> {
    let throttle = &context.app.throttle;
    if reservation.is_locked() {
        return Ok(throttle.failed(reservation, None).await?);
    }
    let entry = client.entry(context, kind)?.in_own_session(session);
    let detail = if reservation.is_last() {
        format!("{reason}; locked in this session now")
    } else {
        reason.to_owned()
    };
    let entry = context.sign(entry.detail(detail));
    Ok(throttle.failed(reservation, Some(&entry)).await?)
}
