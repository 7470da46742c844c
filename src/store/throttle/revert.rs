//! Reverts the counts of an attempt whose sign-in succeeded, and unlocks a user whose password was set.

use super::NETWORK_INTERVAL_MS;
use super::attempt::Reservation;
use crate::runtime::d1::Statement;
use uuid::Uuid;

/// Reverts the count of one attempt, if it created this session. Earlier failures stay, because a user's success must not be
/// visible in the back-off of a name.
const REVERT: &str = "
    UPDATE sign_in_attempts SET failures = failures - 1, open_at_ms = 0, busy_until_ms = 0
    WHERE key = ?1 AND busy_until_ms = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?3)";

const REMOVE_EMPTY: &str = "
    DELETE FROM sign_in_attempts
    WHERE key = ?1 AND failures = 0 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

/// Forgets all failures of a counter, if the attempt created this session.
const FORGET: &str = "
    DELETE FROM sign_in_attempts WHERE key = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

const FORGET_NETWORK: &str = "
    UPDATE address_attempts SET empty_at_ms = empty_at_ms - ?1
    WHERE address = ?2 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?3)";

/// Like [`REVERT`], for an attempt that is no longer in flight. Later attempts have a back-off of their own, so it stays.
const REVERT_LATER: &str = "
    UPDATE sign_in_attempts SET failures = failures - 1
    WHERE key = ?1 AND failures > 0 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

/// Like [`FORGET`], unless another attempt is in flight.
const FORGET_IDLE: &str = "
    DELETE FROM sign_in_attempts
    WHERE key = ?1 AND busy_until_ms = 0 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?2)";

const RESTORE: &str = "
    DELETE FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND password_hash = ?2)";

/// The statements that revert the count of an attempt, for the batch that creates the session with this id.
pub(in crate::store) fn forget(
    reservation: &Reservation,
    session: &str,
) -> impl Iterator<Item = Statement> + use<> {
    let key = &reservation.key;
    let forget = |key: &str| Statement::new(FORGET).text(key).text(session);
    let mut statements = Vec::new();
    match &reservation.network {
        None => statements.push(forget(key)),
        Some(network) => statements.extend([
            Statement::new(REVERT)
                .text(key)
                .milliseconds(reservation.mark)
                .text(session),
            Statement::new(REMOVE_EMPTY).text(key).text(session),
            Statement::new(FORGET_NETWORK)
                .milliseconds(NETWORK_INTERVAL_MS)
                .text(network)
                .text(session),
        ]),
    }
    statements.extend(reservation.account.as_deref().map(forget));
    statements.into_iter()
}

/// The statements that revert the count of a password attempt whose sign-in was completed by a second factor, for the batch that creates
/// the session with this id. `network` is that of the attempt, unless it was made on a recognised device.
pub(in crate::store) fn forget_pending(
    key: &str,
    network: Option<&str>,
    user: Uuid,
    session: &str,
) -> Vec<Statement> {
    let of_key = |sql, key: &str| Statement::new(sql).text(key).text(session);
    let Some(network) = network else {
        return vec![of_key(FORGET_IDLE, key)];
    };
    vec![
        of_key(REVERT_LATER, key),
        of_key(REMOVE_EMPTY, key),
        Statement::new(FORGET_NETWORK)
            .milliseconds(NETWORK_INTERVAL_MS)
            .text(network)
            .text(session),
        of_key(FORGET, &format!("account:{user}")),
    ]
}

/// Forgets the failures that lock a user's password, if it was just set to this one: those of the account and of each
/// recognised device, whose counters begin with the user's id. The back-off of typed names stays, because a new password
/// must not be visible in it.
pub(in crate::store) fn restore(user: &str, password_hash: &str) -> Statement {
    Statement::new(RESTORE).text(user).text(password_hash)
}
