//! Remembered consents: table `oauth_consents`.

use super::oauth_grants::{NewGrant, RememberedConsent};
use crate::domain::oauth_client::Scope;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use uuid::Uuid;

/// The subject of a consent.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The user.
    pub user: Uuid,
    /// The client.
    pub client: Uuid,
    /// The host or private-use scheme that the user returns to.
    pub redirect_host: &'a str,
    /// The resource.
    pub resource: Option<&'a str>,
}

const FIND: &str = "
    SELECT scope FROM oauth_consents WHERE user_id = ?1 AND client_id = ?2 AND redirect_host = ?3 AND resource = ?4
      AND EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = ?2 AND grants_from_version <= client_version)";

/// The scopes that the user has allowed; empty if there are none.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(database: &Database, subject: Subject<'_>) -> Result<Scope, StoreError> {
    let find = Statement::new(FIND)
        .text(subject.user.to_string())
        .text(subject.client.to_string())
        .text(subject.redirect_host)
        .text(subject.resource.unwrap_or_default());
    let [found] = database.batch([find]).await?;
    let scope = found.first(|row| row.text("scope"))?;
    let scope = scope.map(|text| Scope::parse(&text).ok_or(StoreError::CorruptRow("scope")));
    Ok(scope.transpose()?.unwrap_or_default())
}

/// If the user has removed or changed the remembered consent meanwhile, only the scopes of the new grant (`?9`) are remembered.
const REMEMBER: &str = "
    INSERT INTO oauth_consents (user_id, client_id, redirect_host, resource, scope, updated_at, client_version)
    SELECT ?1, ?2, ?3, ?4,
           CASE WHEN EXISTS (
             SELECT 1 FROM oauth_consents WHERE user_id = ?1 AND client_id = ?2 AND redirect_host = ?3 AND resource = ?4 AND scope = ?8)
           THEN ?5 ELSE ?9 END,
           ?6, ?7
    WHERE 1
    ON CONFLICT (user_id, client_id, redirect_host, resource) DO UPDATE
    SET scope = excluded.scope, updated_at = excluded.updated_at, client_version = excluded.client_version";

/// The write that remembers the consent of a new grant.
pub(super) fn remember(grant: &NewGrant<'_>, consent: &RememberedConsent<'_>) -> Statement {
    Statement::new(REMEMBER)
        .text(grant.session.user.id.to_string())
        .text(grant.client.to_string())
        .text(consent.redirect_host)
        .text(grant.resource.unwrap_or_default())
        .text(consent.scope)
        .text(grant.now.to_string())
        .number(grant.client_version)
        .text(consent.remembered)
        .text(grant.scope)
}

/// Fails the batch unless a remembered consent covers all of these scopes, like `store/required.rs`. A revocation of all grants to the
/// client changes its version, which the statement that creates the grant requires.
const REQUIRE: &str = "
    SELECT CASE WHEN NOT EXISTS (
      SELECT 1 FROM oauth_consents
      WHERE user_id = ?1 AND client_id = ?2 AND redirect_host = ?3 AND resource = ?4
        AND NOT EXISTS (
          SELECT 1 FROM json_each(?5) WHERE instr(' ' || oauth_consents.scope || ' ', ' ' || value || ' ') = 0))
    THEN json_extract('{}', 'nothing was changed') END";

/// Rolls the batch back if the consent that was read has been removed. The call then returns [`StoreError::Conflict`].
pub(super) fn require(grant: &NewGrant<'_>, redirect_host: &str, scopes: &str) -> Statement {
    Statement::new(REQUIRE)
        .text(grant.session.user.id.to_string())
        .text(grant.client.to_string())
        .text(redirect_host)
        .text(grant.resource.unwrap_or_default())
        .text(scopes)
}
