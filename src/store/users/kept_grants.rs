//! Reads the grants and consents of a user for OAuth clients.

use crate::runtime::StoreError;
use crate::runtime::d1::{Outcome, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Grants and consents of a user for OAuth clients.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptGrants {
    /// Grants, at most 1,000. The cron event removes expired and revoked grants.
    pub grants: Vec<KeptGrant>,
    /// Remembered consents, at most 1,000. The cron event removes revoked consents.
    pub consents: Vec<KeptConsent>,
}

/// A grant.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptGrant {
    /// Id of the grant.
    pub id: String,
    /// Id of the client.
    pub client_id: String,
    /// Id of the session of the consent.
    pub session_id: String,
    /// Redirect URI to which the authorization code was sent.
    pub redirect_uri: String,
    /// URI of the resource; null for the user info endpoint.
    pub resource: Option<String>,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Time of the last authentication before the consent.
    pub authenticated_at: Timestamp,
    /// Time of the consent.
    pub created_at: Timestamp,
    /// Time at which the authorization code was redeemed; null before.
    pub redeemed_at: Option<Timestamp>,
    /// Time of the last issue of an access token; null before the first.
    pub last_used_at: Option<Timestamp>,
    /// Time at which the authorization code or the current refresh token expires.
    pub expires_at: Timestamp,
    /// Time at which the grant reaches its maximum age.
    pub ends_at: Timestamp,
    /// Whether the grant was revoked: individually, with all grants to its client, or with the deletion of its client.
    pub is_revoked: bool,
    /// Time at which the grant was revoked individually; null otherwise. The time of any other revocation is in the audit log only.
    pub revoked_at: Option<Timestamp>,
}

/// A remembered consent.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptConsent {
    /// Id of the client.
    pub client_id: String,
    /// Host that the user returns to.
    pub redirect_host: String,
    /// URI of the resource; empty for the user info endpoint.
    pub resource: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Time of the last consent.
    pub updated_at: Timestamp,
    /// Whether the consent was revoked, with all grants to the client or with the deletion of the client. A revoked consent is not used:
    /// the client has to ask again.
    pub is_revoked: bool,
}

/// A row whose `client_version` is lower than `grants_from_version` of its client is revoked (`store/oauth_clients/revoke_grants.rs`). The
/// export contains it until the cron event deletes it, because it returns everything that is stored.
const GRANTS: &str = "
    SELECT id, client_id, session_id, redirect_uri, resource, scope, authenticated_at, created_at, redeemed_at, last_used_at, expires_at,
           ends_at, revoked_at,
           revoked_at IS NOT NULL OR EXISTS (
             SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version > client_version) AS is_revoked
    FROM oauth_grants WHERE user_id = ?1 LIMIT 1000";

const CONSENTS: &str = "
    SELECT client_id, redirect_host, resource, scope, updated_at,
           EXISTS (
             SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version > client_version) AS is_revoked
    FROM oauth_consents WHERE user_id = ?1 LIMIT 1000";

/// The statements whose results [`read`] takes.
pub(super) fn statements(user: Uuid) -> [Statement; 2] {
    [GRANTS, CONSENTS].map(|sql| Statement::new(sql).text(user.to_string()))
}

/// Reads the results of [`statements`].
pub(super) fn read([grants, consents]: [&Outcome; 2]) -> Result<KeptGrants, StoreError> {
    Ok(KeptGrants {
        grants: grants.rows(grant)?,
        consents: consents.rows(consent)?,
    })
}

fn grant(row: &mut Row) -> Result<KeptGrant, StoreError> {
    Ok(KeptGrant {
        id: row.text("id")?,
        client_id: row.text("client_id")?,
        session_id: row.text("session_id")?,
        redirect_uri: row.text("redirect_uri")?,
        resource: row.optional("resource")?,
        scope: row.text("scope")?,
        authenticated_at: row.moment("authenticated_at")?,
        created_at: row.moment("created_at")?,
        redeemed_at: row.optional_moment("redeemed_at")?,
        last_used_at: row.optional_moment("last_used_at")?,
        expires_at: row.moment("expires_at")?,
        ends_at: row.moment("ends_at")?,
        is_revoked: row.count("is_revoked")? == 1,
        revoked_at: row.optional_moment("revoked_at")?,
    })
}

fn consent(row: &mut Row) -> Result<KeptConsent, StoreError> {
    Ok(KeptConsent {
        client_id: row.text("client_id")?,
        redirect_host: row.text("redirect_host")?,
        resource: row.text("resource")?,
        scope: row.text("scope")?,
        updated_at: row.moment("updated_at")?,
        is_revoked: row.count("is_revoked")? == 1,
    })
}
