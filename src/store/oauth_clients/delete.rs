//! The deletion of an OAuth client.

use super::{Written, refusal, why_not};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
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
    /// The entry of the deletion.
    pub entry: &'a Signed,
}

const DELETE: &str = "
    DELETE FROM oauth_clients
    WHERE id = ?1 AND version = ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Finds a row if [`DELETE`] is about to delete one.
const DELETES: &str = "
    SELECT 1 FROM oauth_clients
    WHERE id = ?1 AND version = ?2
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

const DELETE_GRANTS: &str = "
    DELETE FROM oauth_grants
    WHERE client_id = ?1
      AND EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = ?1 AND version = ?2)
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

const DELETE_CONSENTS: &str = "
    DELETE FROM oauth_consents
    WHERE client_id = ?1
      AND EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = ?1 AND version = ?2)
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Deletes an OAuth client with its grants and the consents about it.
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
    // The rows that refer to the client have to be deleted before it.
    let delete =
        with_conditions(DELETE).preceded_by([DELETE_GRANTS, DELETE_CONSENTS].map(with_conditions));
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
