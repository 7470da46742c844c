//! Recovery codes: table `recovery_codes`. Only hashes are stored.

use crate::domain::audit::Signed;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::sessions::unchanged;
use crate::timestamp::Timestamp;

const USE: &str = "
    UPDATE recovery_codes SET used_at = ?3 WHERE user_id = ?1 AND code_hash = ?2 AND used_at IS NULL";

/// `?2` is a JSON list of hashes. A user who has codes already gets no second set.
const CREATE_FIRST: &str = "
    INSERT INTO recovery_codes (user_id, code_hash, created_at)
    SELECT ?1, value, ?3 FROM json_each(?2)
    WHERE NOT EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = ?1)";

const DELETE: &str = "
    DELETE FROM recovery_codes
    WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND is_active = 1 AND has_factor = 1)";

const CREATE: &str = "
    INSERT INTO recovery_codes (user_id, code_hash, created_at)
    SELECT ?1, value, ?3 FROM json_each(?2)
    WHERE EXISTS (SELECT 1 FROM users WHERE users.id = ?1 AND is_active = 1 AND has_factor = 1)";

/// Finds a row if [`CREATE`] is about to write rows.
const CREATES: &str =
    "SELECT 1 FROM users WHERE users.id = ?1 AND is_active = 1 AND has_factor = 1";

/// Replaces all recovery codes of the user of a session, who must have a factor. Returns whether they were replaced.
///
/// # Errors
/// Any [`StoreError`]. `Conflict` if the session or its user was changed meanwhile.
pub async fn replace(
    database: &Database,
    session: &SessionRecord,
    hashes: &[String],
    now: Timestamp,
    entry: &Signed,
) -> Result<bool, StoreError> {
    let user = session.user.id.to_string();
    let creates = || Statement::new(CREATES).text(&user);
    let [_, _, written] = database
        .batch([
            unchanged(session, now),
            Statement::new(DELETE).text(&user),
            recorded(
                create(CREATE, &user, hashes, &now.to_string()),
                creates,
                [entry],
            ),
        ])
        .await?;
    Ok(written.changes > 0)
}

/// Uses a code.
pub(super) fn use_once(user: &str, hash: &str, now: &str) -> Statement {
    Statement::new(USE).text(user).text(hash).text(now)
}

/// Creates the codes that come with the first factor.
pub(super) fn create_first(user: &str, hashes: &[String], now: &str) -> Statement {
    create(CREATE_FIRST, user, hashes, now)
}

/// A hash is hexadecimal, so it needs no escapes.
fn create(sql: &'static str, user: &str, hashes: &[String], now: &str) -> Statement {
    let list = format!("[\"{}\"]", hashes.join("\",\""));
    Statement::new(sql).text(user).text(list).text(now)
}
