//! The secrets of one-time codes: table `totp`. They are sealed with `FACTOR_KEY`.

use super::factors::UsedTotp;
use crate::domain::audit::Signed;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::audit::recorded;
use crate::store::sessions::unchanged;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A stored secret.
#[derive(Clone, Debug)]
pub struct StoredTotp {
    /// The sealed secret.
    pub secret: String,
    /// The last time step whose code was used.
    pub last_step: u32,
    /// Whether a code has confirmed the secret. Otherwise it is not a factor yet.
    pub is_confirmed: bool,
}

impl StoredTotp {
    /// Reads the columns `totp_secret`, `last_step` and `confirmed_at`.
    pub(super) fn read(row: &mut Row) -> Result<Option<Self>, StoreError> {
        let Some(secret) = row.optional("totp_secret")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            secret,
            last_step: row.count("last_step")?,
            is_confirmed: row.optional("confirmed_at")?.is_some(),
        }))
    }
}

/// Replaces a secret that is not confirmed.
const PREPARE: &str = "
    INSERT INTO totp (user_id, secret, key_id, last_step, created_at)
    SELECT id, ?2, ?3, 0, ?4 FROM users WHERE id = ?1 AND is_active = 1
    ON CONFLICT (user_id) DO UPDATE SET secret = ?2, key_id = ?3, last_step = 0, created_at = ?4
    WHERE confirmed_at IS NULL";

/// For a pending sign-in that is live and whose user has no factor.
const PREPARE_PENDING: &str = "
    INSERT INTO totp (user_id, secret, key_id, last_step, created_at)
    SELECT users.id, ?2, ?3, 0, ?4 FROM users
    JOIN pending_sign_ins ON pending_sign_ins.user_id = users.id
    WHERE pending_sign_ins.id = ?5 AND session_id IS NULL AND expires_at > ?4
      AND users.id = ?1 AND is_active = 1 AND has_factor = 0
    ON CONFLICT (user_id) DO UPDATE SET secret = ?2, key_id = ?3, last_step = 0, created_at = ?4
    WHERE confirmed_at IS NULL";

const USE_STEP: &str = "
    UPDATE totp SET last_step = ?2
    WHERE user_id = ?1 AND last_step < ?2 AND secret = ?3 AND confirmed_at IS NOT NULL";

const CONFIRM: &str = "
    UPDATE totp SET last_step = ?2, confirmed_at = ?4
    WHERE user_id = ?1 AND last_step < ?2 AND secret = ?3 AND confirmed_at IS NULL";

/// If `?2` is 1, the user must have another factor.
const REMOVE: &str = "
    DELETE FROM totp
    WHERE user_id = ?1 AND confirmed_at IS NOT NULL
      AND (?2 = 0 OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ?1))";

/// Finds a row if [`REMOVE`] is about to delete one.
const REMOVES: &str = "
    SELECT 1 FROM totp
    WHERE user_id = ?1 AND confirmed_at IS NOT NULL
      AND (?2 = 0 OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ?1))";

const SEALED_WITH: &str = "SELECT user_id, secret FROM totp WHERE key_id = ?1 LIMIT 100";

const RESEAL: &str = "UPDATE totp SET secret = ?3, key_id = ?4 WHERE user_id = ?1 AND secret = ?2";

/// A secret that no code has confirmed yet.
#[derive(Debug)]
pub struct UnconfirmedTotp<'a> {
    /// The user.
    pub user: Uuid,
    /// The sealed secret.
    pub secret: &'a str,
    /// The id of the key that sealed it.
    pub key_id: &'a str,
    /// The time of the request.
    pub now: Timestamp,
    /// The pending sign-in in which it is added, if there is no session yet.
    pub pending: Option<&'a str>,
}

/// Stores a secret that is not confirmed. Returns whether it was stored.
///
/// # Errors
/// Any [`StoreError`].
pub async fn prepare(database: &Database, new: &UnconfirmedTotp<'_>) -> Result<bool, StoreError> {
    let sql = new.pending.map_or(PREPARE, |_| PREPARE_PENDING);
    let statement = Statement::new(sql)
        .text(new.user.to_string())
        .text(new.secret)
        .text(new.key_id)
        .text(new.now.to_string());
    let statement = match new.pending {
        Some(pending) => statement.text(pending),
        None => statement,
    };
    let [stored] = database.batch([statement]).await?;
    Ok(stored.changes > 0)
}

/// Removes the one-time codes of the user of a session; with `keeps_a_factor`, only if the user has another factor. Returns whether
/// they were removed.
///
/// # Errors
/// Any [`StoreError`]. `Conflict` if the session or its user was changed meanwhile.
pub async fn remove(
    database: &Database,
    session: &SessionRecord,
    keeps_a_factor: bool,
    now: Timestamp,
    entry: &Signed,
) -> Result<bool, StoreError> {
    let of_user = |sql| {
        Statement::new(sql)
            .text(session.user.id.to_string())
            .number(u32::from(keeps_a_factor))
    };
    let remove = recorded(of_user(REMOVE), || of_user(REMOVES), [entry]);
    let [_, removed] = database.batch([unchanged(session, now), remove]).await?;
    Ok(removed.changes > 0)
}

/// Up to 100 secrets that this key has sealed, with their users.
///
/// # Errors
/// Any [`StoreError`].
pub async fn sealed_with(
    database: &Database,
    key_id: &str,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let [found] = database
        .batch([Statement::new(SEALED_WITH).text(key_id)])
        .await?;
    found.rows(|row| Ok((row.uuid("user_id")?, row.text("secret")?)))
}

/// A secret that was sealed again.
#[derive(Debug)]
pub struct Resealed {
    /// The user.
    pub user: Uuid,
    /// The secret as it is stored.
    pub old: String,
    /// The secret, sealed with the current key.
    pub new: String,
}

/// Replaces secrets by those that the key with this id has sealed.
///
/// # Errors
/// Any [`StoreError`].
pub async fn reseal(
    database: &Database,
    key_id: &str,
    resealed: &[Resealed],
) -> Result<(), StoreError> {
    let statement = |secret: &Resealed| {
        Statement::new(RESEAL)
            .text(secret.user.to_string())
            .text(&secret.old)
            .text(&secret.new)
            .text(key_id)
    };
    let statements: Vec<_> = resealed.iter().map(statement).collect();
    if statements.is_empty() {
        return Ok(());
    }
    database.all(statements).await.map(drop)
}

/// Uses a time step.
pub(super) fn use_step(user: &str, code: &UsedTotp) -> Statement {
    Statement::new(USE_STEP)
        .text(user)
        .number(code.step)
        .text(&code.secret)
}

/// Confirms a secret with its first code.
pub(super) fn confirm(user: &str, code: &UsedTotp, now: &str) -> Statement {
    Statement::new(CONFIRM)
        .text(user)
        .number(code.step)
        .text(&code.secret)
        .text(now)
}
