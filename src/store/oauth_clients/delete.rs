//! The deletion of an OAuth client.

use super::{Written, refusal, why_not};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A deletion.
#[derive(Debug)]
pub struct Deletion<'a> {
    /// The client.
    pub id: Uuid,
    /// The version that the administrator has seen.
    pub version: u32,
    /// The administrator.
    pub actor: Uuid,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the deletion.
    pub entry: &'a Signed,
}

/// Also revokes all grants to the client. The right-hand sides of SET refer to the row before the update.
const DELETE: &str = "
    UPDATE oauth_clients
    SET deleted_at = ?4, is_active = 0, grants_from_version = version + 1, version = version + 1
    WHERE id = ?1 AND version = ?2 AND deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Finds a row if [`DELETE`] is about to change one.
const DELETES: &str = "
    SELECT 1 FROM oauth_clients
    WHERE id = ?1 AND version = ?2 AND deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Marks an OAuth client as deleted and revokes its grants. The cron event deletes the rows (`revoke_grants.rs`), because the deletion of
/// a million grants here would exceed the timeout of D1.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the client was deleted.
pub async fn delete(database: &Database, deletion: &Deletion<'_>) -> Result<Written, StoreError> {
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(deletion.id.to_string())
            .number(deletion.version)
            .text(deletion.actor.to_string())
    };
    let delete = with_conditions(DELETE).text(deletion.now.to_string());
    let [deleted, why_not] = database
        .batch([
            recorded(delete, || with_conditions(DELETES), [deletion.entry]),
            why_not(deletion.id, deletion.version),
        ])
        .await?;
    if deleted.changes == 0 {
        return refusal(&why_not);
    }
    Ok(Written::Done(None))
}
