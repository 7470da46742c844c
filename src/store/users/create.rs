//! The creation of a password user by an administrator.

use super::administered::{find_statement, read};
use crate::domain::audit::Signed;
use crate::domain::names::{Email, Username, search_key};
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::recorded;
use crate::store::password_links::PASSWORD_LINK_SECONDS;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A user to be added, with a link that sets a password.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// A random id.
    pub id: Uuid,
    /// User name.
    pub username: &'a Username,
    /// Its skeleton.
    pub skeleton: &'a str,
    /// E-mail address.
    pub email: &'a Email,
    /// Full name.
    pub name: &'a str,
    /// Organization.
    pub organization: Option<&'a str>,
    /// AWS region.
    pub aws_region: Option<&'a str>,
    /// Role.
    pub role: Role,
    /// The administrator.
    pub actor: Uuid,
    /// The current time.
    pub now: Timestamp,
    /// Id of the link.
    pub link: &'a str,
    /// The address that the link is sent to; `None` if it is shown to the administrator.
    pub sent_to: Option<&'a str>,
    /// The entry of the user.
    pub added: &'a Signed,
    /// The entry of the link.
    pub link_created: &'a Signed,
}

/// The outcome.
#[derive(Debug)]
pub enum Created {
    /// The user was added.
    Done(Box<AdminUser>),
    /// Another user has the user name or one that can be confused with it.
    UsernameTaken,
    /// Another user has the e-mail address or can restore it.
    EmailTaken,
    /// The administrator may not add the user any more.
    NotPermitted,
}

const CREATE: &str = "
    INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active,
                       created_at, updated_at, username_search, email_search, name_search)
    SELECT ?1, 'password', ?2, ?3, ?8, ?4, ?9, ?10, ?11, ?7, 1, ?5, ?5, ?12, ?13, ?14
    WHERE EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?6
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND ?7 = 'user')))
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?2)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?3)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?4)
      AND NOT EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?4 AND +expires_at > ?5)
      AND NOT EXISTS (SELECT 1 FROM users WHERE id = ?1)";

/// Finds a row if [`CREATE`] is about to write one.
const CREATES: &str = "
    SELECT 1
    WHERE EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?6
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND ?7 = 'user')))
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?2)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?3)
      AND NOT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?4)
      AND NOT EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?4 AND +expires_at > ?5)
      AND NOT EXISTS (SELECT 1 FROM users WHERE id = ?1)";

const ADD_LINK: &str = "
    INSERT INTO password_links (id, user_id, created_at, expires_at, sent_to)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM audit WHERE audit.id = ?6)";

/// Why [`CREATE`] has written no row.
const WHY_NOT: &str = "
    SELECT
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username = ?1)
      OR EXISTS (SELECT 1 FROM users WHERE source = 'password' AND username_skeleton = ?2) AS is_username_taken,
      EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?3)
      OR EXISTS (SELECT 1 FROM email_links WHERE purpose = 'revert' AND email_key = ?3 AND +expires_at > ?4) AS is_email_taken";

/// Adds a user and the link.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the user was added.
pub async fn create(database: &Database, new: &NewUser<'_>) -> Result<Created, StoreError> {
    let (id, now) = (new.id.to_string(), new.now.to_string());
    let with_conditions = |sql| {
        Statement::new(sql)
            .text(&id)
            .text(new.username.as_str())
            .text(new.skeleton)
            .text(new.email.key())
            .text(&now)
            .text(new.actor.to_string())
            .text(new.role.as_str())
    };
    let create = with_conditions(CREATE)
        .text(new.email.as_str())
        .text(new.name)
        .optional(new.organization)
        .optional(new.aws_region)
        .text(search_key(new.username.as_str()))
        .text(search_key(new.email.as_str()))
        .text(search_key(new.name));
    let entries = [new.added, new.link_created];
    let link = Statement::new(ADD_LINK)
        .text(new.link)
        .text(&id)
        .text(&now)
        .text(new.now.plus(PASSWORD_LINK_SECONDS).to_string())
        .optional(new.sent_to)
        .text(&new.added.entry.id);
    let why_not = Statement::new(WHY_NOT)
        .text(new.username.as_str())
        .text(new.skeleton)
        .text(new.email.key())
        .text(&now);
    let [created, _, why_not, found] = database
        .batch([
            recorded(create, || with_conditions(CREATES), entries),
            link,
            why_not,
            find_statement(new.id),
        ])
        .await?;
    if created.changes > 0 {
        let user = found
            .first(read)?
            .ok_or(StoreError::CorruptRow("users.id"))?;
        return Ok(Created::Done(Box::new(user)));
    }
    let refusal = why_not.first(|row| {
        let is_email_taken = row.count("is_email_taken")? == 1;
        Ok(match row.count("is_username_taken")? {
            1 => Created::UsernameTaken,
            _ if is_email_taken => Created::EmailTaken,
            _ => Created::NotPermitted,
        })
    })?;
    Ok(refusal.unwrap_or(Created::NotPermitted))
}
