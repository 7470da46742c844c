//! The user of an access token of the user info endpoint: tables `oauth_grants` and `users`.

use crate::domain::role::Role;
use crate::domain::session::expired_until;
use crate::domain::token::access_token::AccessClaims;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;

/// A user as clients see it.
#[derive(Debug)]
pub struct UserInfo {
    /// Id.
    pub id: String,
    /// User name.
    pub username: String,
    /// Full name.
    pub name: String,
    /// E-mail address, confirmed or not. `None` if it was made from the user name.
    pub email: Option<String>,
    /// Whether the user or the identity source has confirmed the address.
    pub is_email_verified: bool,
    /// Role.
    pub role: Role,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// The conditions of `access_tokens::find_active` for a token with a grant.
const FIND: &str = "
    SELECT users.id, username, name, iif(made_email_key IS NULL, email, NULL) AS email,
           email_verified_at IS NOT NULL OR source <> 'password' AS is_email_verified, role, updated_at
    FROM oauth_grants JOIN users ON users.id = user_id AND users.is_active = 1
    WHERE oauth_grants.id = ?1 AND users.id = ?2 AND revoked_at IS NULL
      AND EXISTS (
        SELECT 1 FROM oauth_clients
        WHERE oauth_clients.id = client_id AND oauth_clients.is_active = 1 AND grants_from_version <= client_version)
      AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE revoked_access_tokens.id = ?3)
      AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?4 AND sessions.token_expires_at > ?5))";

/// The user of an access token; `None` if the token is no longer active.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(
    database: &Database,
    claims: &AccessClaims,
    now: Timestamp,
) -> Result<Option<UserInfo>, StoreError> {
    let find = Statement::new(FIND)
        .optional(claims.grant.as_ref())
        .text(&claims.subject)
        .text(claims.id.to_string())
        .text(now.to_string())
        .text(expired_until(now).to_string());
    let [found] = database.batch([find]).await?;
    found.first(read)
}

fn read(row: &mut Row) -> Result<UserInfo, StoreError> {
    Ok(UserInfo {
        id: row.text("id")?,
        username: row.text("username")?,
        name: row.text("name")?,
        email: row.optional("email")?,
        is_email_verified: row.count("is_email_verified")? == 1,
        role: Role::parse(&row.text("role")?).ok_or(StoreError::CorruptRow("role"))?,
        updated_at: row.moment("updated_at")?,
    })
}
