//! Renames and deletes passkeys.

use super::Passkey;
use crate::domain::audit::Signed;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::sessions::unchanged;
use crate::timestamp::Timestamp;
use uuid::Uuid;

const RENAME: &str = "
    UPDATE passkeys SET name = ?3 WHERE id = ?1 AND user_id = ?2
    RETURNING id, credential_id, name, created_at, last_used_at, is_backed_up, transports";

/// The user must be able to sign in afterwards. If `?3` is 1, the user must also have another factor.
const DELETE: &str = "
    DELETE FROM passkeys
    WHERE id = ?1 AND user_id = ?2
      AND (EXISTS (SELECT 1 FROM passkeys AS other WHERE other.user_id = ?2 AND other.id <> ?1)
        OR (EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND (password_hash IS NOT NULL OR source <> 'password'))
          AND (?3 = 0 OR EXISTS (SELECT 1 FROM totp WHERE totp.user_id = ?2 AND confirmed_at IS NOT NULL))))";

/// Finds a row if [`DELETE`] is about to delete one.
const DELETES: &str = "
    SELECT 1 FROM passkeys
    WHERE id = ?1 AND user_id = ?2
      AND (EXISTS (SELECT 1 FROM passkeys AS other WHERE other.user_id = ?2 AND other.id <> ?1)
        OR (EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND (password_hash IS NOT NULL OR source <> 'password'))
          AND (?3 = 0 OR EXISTS (SELECT 1 FROM totp WHERE totp.user_id = ?2 AND confirmed_at IS NOT NULL))))";

const OBSTACLE: &str = "
    SELECT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.id = ?1 AND user_id = ?2) AS is_found,
           EXISTS (SELECT 1 FROM users
                   WHERE users.id = ?2 AND (password_hash IS NOT NULL OR source <> 'password')) AS has_other_method";

/// The outcome of deleting a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted.
    Yes,
    /// The user has no such passkey.
    NotFound,
    /// The user would have no way to sign in.
    LastMethod,
    /// The user would have no factor.
    LastFactor,
}

/// Renames a passkey of a user. Returns it; `None` if the user has no such passkey.
///
/// # Errors
/// Any [`StoreError`].
pub async fn rename(
    database: &Database,
    user: Uuid,
    id: Uuid,
    name: &str,
) -> Result<Option<Passkey>, StoreError> {
    let statement = Statement::new(RENAME)
        .text(id.to_string())
        .text(user.to_string())
        .text(name);
    let [renamed] = database.batch([statement]).await?;
    renamed.first(Passkey::read)
}

/// Deletes a passkey of the user of a session; with `keeps_a_factor`, only if the user has another factor.
///
/// # Errors
/// Any [`StoreError`]. `Conflict` if the session or its user was changed meanwhile.
pub async fn delete(
    database: &Database,
    (session, id): (&SessionRecord, Uuid),
    keeps_a_factor: bool,
    now: Timestamp,
    entry: &Signed,
) -> Result<Deleted, StoreError> {
    let of_passkey = |sql| {
        Statement::new(sql)
            .text(id.to_string())
            .text(session.user.id.to_string())
    };
    let guarded = |sql| of_passkey(sql).number(u32::from(keeps_a_factor));
    let delete = recorded(guarded(DELETE), || guarded(DELETES), [entry]);
    let [_, deleted, found] = database
        .batch([unchanged(session, now), delete, of_passkey(OBSTACLE)])
        .await?;
    if deleted.changes > 0 {
        return Ok(Deleted::Yes);
    }
    let obstacle = found.first(|row| {
        let (is_found, has_other_method) = (row.count("is_found")?, row.count("has_other_method")?);
        Ok(match (is_found, has_other_method) {
            (0, _) => Deleted::NotFound,
            (_, 0) => Deleted::LastMethod,
            _ => Deleted::LastFactor,
        })
    })?;
    Ok(obstacle.unwrap_or(Deleted::NotFound))
}
