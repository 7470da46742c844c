//! Changes the password of a signed-in user: table `users`. Also revokes the other sessions and the one-time links of
//! the user, and the links that confirm an address.

use super::audit::recorded;
use super::email_links::delete_confirm_links;
use super::sessions::{self, GrantsOfUser, RevokeAll, RevokedSession, Rotation};
use super::throttle::{self, Reservation};
use crate::domain::audit::Signed;
use crate::domain::session::{SessionKind, SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A change of password.
#[derive(Debug)]
pub struct Change<'a> {
    /// Id of the user.
    pub user: Uuid,
    /// The session of the request, which stays live. Its cookie is rotated, if it is a cookie session.
    pub session: &'a SessionRecord,
    /// The hash that the old password was checked against.
    pub old: &'a str,
    /// The hash of the new password. It is unique, because its salt is random.
    pub new: &'a str,
    /// The time of the request.
    pub now: Timestamp,
    /// When a cookie session expires unless it is used before.
    pub idle_end: Timestamp,
    /// Seconds for which a cookie that is rotated out is remembered.
    pub replay_window: i64,
    /// The client's `User-Agent`.
    pub device: Option<&'a str>,
    /// The client's address.
    pub address: Option<&'a str>,
    /// The client's country.
    pub country: Option<&'a str>,
    /// The attempt that succeeded, which no longer counts as failed.
    pub attempt: &'a Reservation,
    /// The entry of the change.
    pub password_set: Signed,
    /// The entry of the revocation; written if a session is revoked.
    pub sessions_revoked: Signed,
}

/// A change of password that was made.
#[derive(Debug)]
pub struct Changed {
    /// At most 200 of the revoked sessions.
    pub revoked: Vec<RevokedSession>,
    /// The session of the request as it is now, if its cookie was rotated.
    pub rotated: Option<SessionRecord>,
}

const HASH: &str = "SELECT password_hash FROM users WHERE id = ?1 AND source = 'password'";

const SET: &str = "
    UPDATE users SET password_hash = ?1, updated_at = ?2
    WHERE id = ?3 AND password_hash = ?4 AND is_active = 1 AND factor_version = ?7
      AND EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = ?5 AND revoked_at IS NULL AND token_expires_at > ?6 AND ends_at > ?2)";

/// Finds a row if [`SET`] is about to change one.
const SETS: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND password_hash = ?2 AND is_active = 1 AND factor_version = ?6
      AND EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = ?3 AND revoked_at IS NULL AND token_expires_at > ?4 AND ends_at > ?5)";

const DROP_LINKS: &str = "
    DELETE FROM password_links
    WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND password_hash = ?2)";

/// The user must be able to sign in with a passkey.
const REMOVE: &str = "
    UPDATE users SET password_hash = NULL, updated_at = ?2
    WHERE id = ?1 AND source = 'password' AND password_hash IS NOT NULL AND is_active = 1
      AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)";

/// Finds a row if [`REMOVE`] is about to change one.
const REMOVES: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND source = 'password' AND password_hash IS NOT NULL AND is_active = 1
      AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)";

/// Removes the password of the user of a session who has a passkey. Returns whether that was done.
///
/// # Errors
/// Any [`StoreError`]. `Conflict` if the session or its user was changed meanwhile.
pub async fn remove(
    database: &Database,
    session: &SessionRecord,
    now: Timestamp,
    entry: &Signed,
) -> Result<bool, StoreError> {
    let user = session.user.id.to_string();
    let remove = Statement::new(REMOVE).text(&user).text(now.to_string());
    let removes = || Statement::new(REMOVES).text(&user);
    let remove = recorded(remove, removes, [entry]);
    let unchanged = sessions::unchanged(session, now);
    let [_, written] = database.batch([unchanged, remove]).await?;
    Ok(written.changes > 0)
}

/// The password hash of a user, if there is one.
///
/// # Errors
/// Any [`StoreError`].
pub async fn hash_of(database: &Database, user: Uuid) -> Result<Option<String>, StoreError> {
    let find = Statement::new(HASH).text(user.to_string());
    let [found] = database.batch([find]).await?;
    let hash = found.first(|row| row.optional("password_hash"))?;
    Ok(hash.flatten())
}

/// Sets the new password, and revokes the other sessions and all one-time links of the user. `None`
/// if the user, the password, a factor or the session was changed meanwhile. Nothing is written in that case.
///
/// # Errors
/// Any [`StoreError`].
pub async fn change(
    database: &Database,
    change: &Change<'_>,
) -> Result<Option<Changed>, StoreError> {
    let (user, now) = (change.user.to_string(), change.now.to_string());
    let expired_until = expired_until(change.now).to_string();
    let set = Statement::new(SET)
        .text(change.new)
        .text(&now)
        .text(&user)
        .text(change.old)
        .text(&change.session.id)
        .text(&expired_until)
        .number(change.session.factor_version);
    let sets = || {
        Statement::new(SETS)
            .text(&user)
            .text(change.old)
            .text(&change.session.id)
            .text(&expired_until)
            .text(&now)
            .number(change.session.factor_version)
    };
    let [latest, revoke] = RevokeAll {
        user: change.user,
        keep: Some(&change.session.id),
        cause: Some(&change.password_set),
        actor: None,
        now: change.now,
        entry: &change.sessions_revoked,
        grants: GrantsOfUser::Revoke,
    }
    .statements();
    let mut statements = vec![
        recorded(set, sets, [&change.password_set]),
        latest,
        revoke,
        Statement::new(DROP_LINKS).text(&user).text(change.new),
        delete_confirm_links(&user, &change.password_set),
    ];
    statements.extend(throttle::forget(change.attempt, &change.session.id));
    statements.extend([
        throttle::restore(&user, change.new),
        // A cookie session counts as stepped up. A token session does not: its token stays as it is, and so would its copies.
        change.rotation().rotate(),
        sessions::find(&change.session.id),
    ]);
    let outcomes = database.all(statements).await?;
    let [set, revoked, .., rotated, found] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    if set.changes == 0 {
        return Ok(None);
    }
    let found = sessions::record(found)?;
    Ok(Some(Changed {
        revoked: revoked.rows(RevokedSession::read)?,
        rotated: found.filter(|_| rotated.changes > 0),
    }))
}

impl<'a> Change<'a> {
    fn rotation(&'a self) -> Rotation<'a> {
        Rotation {
            id: &self.session.id,
            user_id: self.user,
            kind: SessionKind::Cookie,
            generation: self.session.generation,
            now: self.now,
            expires_at: self.idle_end,
            replay_window: self.replay_window,
            device: self.device,
            address: self.address,
            country: self.country,
            is_authenticated: true,
            has_used_factor: false,
            // The statement that sets the password compares the earlier hash.
            checked_hash: None,
            cause: Some(&self.password_set.entry.id),
        }
    }
}
