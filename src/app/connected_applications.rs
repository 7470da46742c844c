//! Connected applications: the OAuth clients to which a user has given a grant. The user and administrators list and remove them.

use super::RequestContext;
use super::error::AppError;
use crate::domain::audit::Entry;
use crate::store::oauth_grants::remove::{self, Removal, Removed};

/// Removes a connected application: revokes the grant and forgets the consents of its client. `entry` is the audit entry without
/// its detail. `by` is the word in the detail for the user who removes the application.
///
/// # Errors
/// `Store`; then the client must not assume that the grant is revoked.
pub async fn remove(
    context: &RequestContext,
    removal: Removal,
    entry: Entry,
    by: &'static str,
) -> Result<Removed, AppError> {
    let database = context.app.database;
    let Some(client) = remove::client_of(database, removal.id, removal.user).await? else {
        return Ok(Removed::NotFound);
    };
    let entry = context.sign(entry.detail(format!("client {client}: {by}")));
    let removed = remove::remove(database, removal, context.received_at, &entry).await;
    context.app.confirmed_tokens.clear();
    Ok(removed?)
}
