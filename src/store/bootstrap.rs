//! The first super administrator: the table `bootstrap_secrets`, and the user that is created with a secret. The command
//! line adds the secrets.

use super::audit::recorded;
use crate::domain::audit::Signed;
use crate::domain::names::{Email, Username, search_key, skeleton};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The names of the first super administrator.
#[derive(Clone, Debug)]
pub struct Names {
    /// User name.
    pub username: Username,
    /// E-mail.
    pub email: Email,
    /// Full name.
    pub name: String,
}

/// Whether the user can be created with a secret and these names, and the reason if not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The user can be created.
    Open,
    /// The secret is unknown, used or expired.
    InvalidSecret,
    /// There is an active super administrator.
    Bootstrapped,
    /// Another user has the user name or a similar one.
    UsernameTaken,
    /// Another user has the e-mail address, or can restore it with a link.
    EmailTaken,
}

/// The user to be created.
#[derive(Debug)]
pub struct NewSuperAdmin<'a> {
    /// Id.
    pub id: Uuid,
    /// Names.
    pub names: &'a Names,
    /// PHC string.
    pub password_hash: &'a str,
    /// The current time.
    pub now: Timestamp,
    /// The entries: `user_added`, `bootstrap` and `password_set`.
    pub entries: [Signed; 3],
}

const STATE: &str = "
    SELECT
      EXISTS (SELECT 1 FROM bootstrap_secrets WHERE id = ?1 AND used_by IS NULL AND expires_at > ?2) AS is_valid,
      EXISTS (SELECT 1 FROM users INDEXED BY users_list_role_created WHERE role = 'super_admin' AND is_active = 1) AS has_super_admin,
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?3) AS has_username,
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?4) AS has_skeleton,
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?5) AS has_email,
      EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?5 AND +expires_at > ?2) AS is_reserved";

/// If several requests use one secret or several secrets, this statement decides which of them succeeds.
const CREATE: &str = "
    INSERT INTO users
      (id, source, username, username_skeleton, email, email_key, name, role, is_active, password_hash, created_at, updated_at,
       username_search, email_search, name_search)
    SELECT ?6, 'password', ?3, ?4, ?7, ?5, ?8, 'super_admin', 1, ?9, ?2, ?2, ?10, ?11, ?12
    WHERE EXISTS (SELECT 1 FROM bootstrap_secrets WHERE id = ?1 AND used_by IS NULL AND expires_at > ?2)
      AND NOT EXISTS (SELECT 1 FROM users INDEXED BY users_list_role_created WHERE role = 'super_admin' AND is_active = 1)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?3)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?4)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?5)
      AND NOT EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?5 AND +expires_at > ?2)";

/// Finds a row if [`CREATE`] is about to write one.
const CREATES: &str = "
    SELECT 1
    WHERE EXISTS (SELECT 1 FROM bootstrap_secrets WHERE id = ?1 AND used_by IS NULL AND expires_at > ?2)
      AND NOT EXISTS (SELECT 1 FROM users INDEXED BY users_list_role_created WHERE role = 'super_admin' AND is_active = 1)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?3)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?4)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?5)
      AND NOT EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?5 AND +expires_at > ?2)";

const CONSUME: &str = "
    UPDATE bootstrap_secrets SET used_by = ?1
    WHERE id = ?2 AND EXISTS (SELECT 1 FROM users WHERE users.id = ?1)";

const DELETE_EXPIRED: &str = "DELETE FROM bootstrap_secrets WHERE expires_at <= ?1";

/// Whether the user can be created with the secret of this hash and these names.
///
/// # Errors
/// Any [`StoreError`].
pub async fn state(
    database: &Database,
    secret: &str,
    names: &Names,
    now: Timestamp,
) -> Result<State, StoreError> {
    let [found] = database
        .batch([with_conditions(STATE, secret, names, now)])
        .await?;
    let state = found.first(|row| {
        Ok(if row.count("is_valid")? == 0 {
            State::InvalidSecret
        } else if row.count("has_super_admin")? == 1 {
            State::Bootstrapped
        } else if row.count("has_username")? == 1 || row.count("has_skeleton")? == 1 {
            State::UsernameTaken
        } else if row.count("has_email")? == 1 || row.count("is_reserved")? == 1 {
            State::EmailTaken
        } else {
            State::Open
        })
    })?;
    state.ok_or(StoreError::CorruptRow("is_valid"))
}

/// Creates the user and marks the secret as used, if [`state`] is still [`State::Open`]. False if it is not.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the user was created.
pub async fn create(
    database: &Database,
    secret: &str,
    new: &NewSuperAdmin<'_>,
) -> Result<bool, StoreError> {
    let id = new.id.to_string();
    let create = with_conditions(CREATE, secret, new.names, new.now)
        .text(&id)
        .text(new.names.email.as_str())
        .text(&new.names.name)
        .text(new.password_hash)
        .text(search_key(new.names.username.as_str()))
        .text(search_key(new.names.email.as_str()))
        .text(search_key(&new.names.name));
    let creates = || with_conditions(CREATES, secret, new.names, new.now);
    let consume = Statement::new(CONSUME).text(&id).text(secret);
    let [inserted, _] = database
        .batch([recorded(create, creates, new.entries.each_ref()), consume])
        .await?;
    Ok(inserted.changes > 0)
}

/// Deletes the secrets that have expired.
///
/// # Errors
/// Any [`StoreError`].
pub async fn delete_expired(database: &Database, now: Timestamp) -> Result<(), StoreError> {
    let delete = Statement::new(DELETE_EXPIRED).text(now.to_string());
    database.batch([delete]).await.map(drop)
}

fn with_conditions(sql: &'static str, secret: &str, names: &Names, now: Timestamp) -> Statement {
    Statement::new(sql)
        .text(secret)
        .text(now.to_string())
        .text(names.username.as_str())
        .text(skeleton(&names.username))
        .text(names.email.key())
}
