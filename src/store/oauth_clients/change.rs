//! Changes of an OAuth client and of its secret.

use super::{Columns, Written, find_statement, read, refusal, why_not};
use crate::domain::audit::Signed;
use crate::domain::oauth_client::Metadata;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A change.
#[derive(Debug)]
pub struct Change<'a> {
    /// The client.
    pub id: Uuid,
    /// The version that the change is based on.
    pub version: u32,
    /// The administrator.
    pub actor: Uuid,
    /// What is registered afterwards. Its authentication method is of the same kind as before.
    pub metadata: &'a Metadata,
    /// Whether the client may get tokens afterwards.
    pub is_active: bool,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the change.
    pub entry: &'a Signed,
}

/// The plus signs make sure that the user is found by its id, not among all super administrators.
const CHANGE: &str = "
    UPDATE oauth_clients
    SET is_active = ?4, updated_at = ?5, name = ?6, name_search = ?7, token_endpoint_auth_method = ?8, jwks = ?9, redirect_uris = ?10,
        post_logout_redirect_uris = ?11, grant_types = ?12, scope = ?13, version = version + 1
    WHERE id = ?1 AND version = ?2 AND deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Finds a row if [`CHANGE`] is about to change one.
const CHANGES: &str = "
    SELECT 1 FROM oauth_clients
    WHERE id = ?1 AND version = ?2 AND deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Changes an OAuth client.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the change was made.
pub async fn change(database: &Database, change: &Change<'_>) -> Result<Written, StoreError> {
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(change.id.to_string())
            .number(change.version)
            .text(change.actor.to_string())
    };
    let update = with_conditions(CHANGE)
        .number(change.is_active.into())
        .text(change.now.to_string());
    let update = Columns::of(change.metadata).bind(update);
    let [written, why_not, found] = database
        .batch([
            recorded(update, || with_conditions(CHANGES), [change.entry]),
            why_not(change.id, change.version),
            find_statement(change.id),
        ])
        .await?;
    if written.changes == 0 {
        return refusal(&why_not);
    }
    Ok(Written::Done(found.first(read)?.map(Box::new)))
}

/// A new secret of an OAuth client.
#[derive(Debug)]
pub struct NewSecret<'a> {
    /// The client, which has a secret.
    pub id: Uuid,
    /// The version that the change is based on.
    pub version: u32,
    /// The administrator.
    pub actor: Uuid,
    /// The hash of the secret.
    pub hash: &'a str,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the change.
    pub entry: &'a Signed,
}

const REPLACE_SECRET: &str = "
    UPDATE oauth_clients SET secret_hash = ?4, secret_created_at = ?5, updated_at = ?5, version = version + 1
    WHERE id = ?1 AND version = ?2 AND deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ?3 AND +users.is_active = 1 AND +role = 'super_admin')";

/// Replaces the secret of an OAuth client.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown which secret the client has.
pub async fn replace_secret(
    database: &Database,
    new: &NewSecret<'_>,
) -> Result<Written, StoreError> {
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(new.id.to_string())
            .number(new.version)
            .text(new.actor.to_string())
    };
    let replace = with_conditions(REPLACE_SECRET)
        .text(new.hash)
        .text(new.now.to_string());
    let [written, why_not, found] = database
        .batch([
            recorded(replace, || with_conditions(CHANGES), [new.entry]),
            why_not(new.id, new.version),
            find_statement(new.id),
        ])
        .await?;
    if written.changes == 0 {
        return refusal(&why_not);
    }
    Ok(Written::Done(found.first(read)?.map(Box::new)))
}
