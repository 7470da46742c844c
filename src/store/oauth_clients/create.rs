//! The registration of an OAuth client.

use super::{Columns, find_statement, read};
use crate::domain::audit::Signed;
use crate::domain::oauth_client::{MAX_CLIENTS, Metadata, OauthClient};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// An OAuth client to be added.
#[derive(Debug)]
pub struct NewClient<'a> {
    /// A random id.
    pub id: Uuid,
    /// What is registered.
    pub metadata: &'a Metadata,
    /// The hash of its secret, if it has one.
    pub secret_hash: Option<&'a str>,
    /// The administrator.
    pub actor: Uuid,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the registration.
    pub entry: &'a Signed,
}

/// The outcome.
#[derive(Debug)]
pub enum Created {
    /// The client was added.
    Done(Box<OauthClient>),
    /// There are as many clients as there may be.
    TooMany,
    /// The administrator may not add it any more.
    NotPermitted,
}

const CREATE: &str = "
    INSERT INTO oauth_clients
      (id, kind, secret_hash, secret_created_at, is_active, created_at, updated_at, created_by,
       name, name_search, token_endpoint_auth_method, jwks, redirect_uris, post_logout_redirect_uris, grant_types, scope)
    SELECT ?1, ?4, ?5, CASE WHEN ?5 IS NOT NULL THEN ?6 END, 1, ?6, ?6, ?2, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14
    WHERE EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND +is_active = 1 AND +role = 'super_admin')
      AND (SELECT count(*) FROM oauth_clients WHERE deleted_at IS NULL) < ?3";

/// Finds a row if [`CREATE`] is about to write one.
const CREATES: &str = "
    SELECT 1
    WHERE ?1 IS NOT NULL AND EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND +is_active = 1 AND +role = 'super_admin')
      AND (SELECT count(*) FROM oauth_clients WHERE deleted_at IS NULL) < ?3";

const IS_FULL: &str =
    "SELECT (SELECT count(*) FROM oauth_clients WHERE deleted_at IS NULL) >= ?1 AS is_full";

/// Adds an OAuth client.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the client was added.
pub async fn create(database: &Database, new: &NewClient<'_>) -> Result<Created, StoreError> {
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(new.id.to_string())
            .text(new.actor.to_string())
            .number(MAX_CLIENTS)
    };
    let create = with_conditions(CREATE)
        .text(new.metadata.token_endpoint_auth_method.kind().as_str())
        .optional(new.secret_hash)
        .text(new.now.to_string());
    let create = Columns::of(new.metadata).bind(create);
    let [created, is_full, found] = database
        .batch([
            recorded(create, || with_conditions(CREATES), [new.entry]),
            Statement::new(IS_FULL).number(MAX_CLIENTS),
            find_statement(new.id),
        ])
        .await?;
    if created.changes > 0 {
        let client = found.first(read)?;
        let client = client.ok_or(StoreError::CorruptRow("oauth_clients.id"))?;
        return Ok(Created::Done(Box::new(client)));
    }
    let is_full = is_full.first(|row| Ok(row.count("is_full")? == 1))?;
    Ok(match is_full {
        Some(true) => Created::TooMany,
        _ => Created::NotPermitted,
    })
}
