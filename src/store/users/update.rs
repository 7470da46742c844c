//! The change of a user by an administrator.

use super::administered::{find_statement, read};
use crate::domain::audit::Signed;
use crate::domain::names::{Email, search_key};
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::store::audit::all_recorded;
use crate::store::email_links::{delete_from, delete_password_links};
use crate::store::factors::reset::delete_pending_sign_ins;
use crate::store::sessions::{GrantsOfUser, RevokeAll, RevokedSession};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A change.
#[derive(Debug)]
pub struct Change<'a> {
    /// The user as it was read.
    pub user: &'a AdminUser,
    /// The administrator.
    pub actor: Uuid,
    /// The values of the user after the change, but the e-mail address.
    pub name: &'a str,
    /// Organization.
    pub organization: Option<&'a str>,
    /// AWS region.
    pub aws_region: Option<&'a str>,
    /// Role.
    pub role: Role,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// The e-mail address, if it changes. Then the open links of the user are deleted.
    pub email: Option<&'a Email>,
    /// The current time.
    pub now: Timestamp,
    /// The entries of the change, at least one.
    pub entries: &'a [Signed],
    /// Written if sessions are revoked; `None` if the change revokes no sessions. A change that revokes sessions also deletes the open
    /// links of the user and the sign-ins that wait for a factor.
    pub sessions_revoked: Option<&'a Signed>,
}

/// The outcome.
#[derive(Debug)]
pub enum Changed {
    /// It was made.
    Done {
        /// The user after the change.
        user: Box<AdminUser>,
        /// Sessions that were revoked, or whose cached sessions are outdated; 200 at most.
        sessions: Vec<RevokedSession>,
        /// Number of sessions that were revoked.
        revoked: u32,
    },
    /// There is no such user any more.
    NotFound,
    /// The user has another version.
    OtherVersion,
    /// The administrator may not make it any more.
    NotPermitted,
    /// Another user has the e-mail address.
    EmailTaken,
    /// It would leave no active super administrator.
    LastSuperAdmin,
}

const CHANGE: &str = "
    UPDATE users SET name = ?8, name_search = ?9, organization = ?10, aws_region = ?11, role = ?4, is_active = ?5, updated_at = ?7,
           email = coalesce(?12, email), email_key = coalesce(?6, email_key), email_search = coalesce(?13, email_search)
    WHERE id = ?1 AND version = ?2
      AND EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user' AND ?4 = 'user')))
      AND (users.role <> 'super_admin' OR users.is_active = 0 OR (?4 = 'super_admin' AND ?5 = 1) OR EXISTS (
        SELECT 1 FROM users AS other INDEXED BY users_list_role_created
        WHERE other.role = 'super_admin' AND other.is_active = 1 AND other.id <> ?1))
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?6 AND other.id <> ?1)
      AND NOT EXISTS (
        SELECT 1 FROM email_links AS other
        WHERE other.purpose = 'revert' AND other.email_key = ?6 AND other.user_id <> ?1 AND +other.expires_at > ?7)";

/// Finds a row if [`CHANGE`] is about to change one.
const CHANGES: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND version = ?2
      AND EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user' AND ?4 = 'user')))
      AND (users.role <> 'super_admin' OR users.is_active = 0 OR (?4 = 'super_admin' AND ?5 = 1) OR EXISTS (
        SELECT 1 FROM users AS other INDEXED BY users_list_role_created
        WHERE other.role = 'super_admin' AND other.is_active = 1 AND other.id <> ?1))
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?6 AND other.id <> ?1)
      AND NOT EXISTS (
        SELECT 1 FROM email_links AS other
        WHERE other.purpose = 'revert' AND other.email_key = ?6 AND other.user_id <> ?1 AND +other.expires_at > ?7)";

/// Why [`CHANGE`] has changed no row.
const WHY_NOT: &str = "
    SELECT version = ?2 AS is_version,
      EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?3
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user' AND ?4 = 'user'))) AS is_permitted,
      EXISTS (SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?5 AND other.id <> ?1)
      OR EXISTS (
        SELECT 1 FROM email_links AS other
        WHERE other.purpose = 'revert' AND other.email_key = ?5 AND other.user_id <> ?1 AND +other.expires_at > ?6) AS is_taken
    FROM users WHERE id = ?1";

impl Change<'_> {
    fn with_conditions(&self, sql: &'static str) -> Statement {
        Statement::new(sql)
            .text(self.user.id.to_string())
            .number(self.user.version)
            .text(self.actor.to_string())
            .text(self.role.as_str())
            .number(self.is_active.into())
            .optional(self.email.map(Email::key))
            .text(self.now.to_string())
    }

    fn change(&self) -> Statement {
        self.with_conditions(CHANGE)
            .text(self.name)
            .text(search_key(self.name))
            .optional(self.organization)
            .optional(self.aws_region)
            .optional(self.email.map(Email::as_str))
            .optional(self.email.map(|email| search_key(email.as_str())))
    }

    fn why_not(&self) -> Statement {
        Statement::new(WHY_NOT)
            .text(self.user.id.to_string())
            .number(self.user.version)
            .text(self.actor.to_string())
            .text(self.role.as_str())
            .optional(self.email.map(Email::key))
            .text(self.now.to_string())
    }
}

/// Changes a user.
///
/// # Errors
/// Any [`StoreError`]. It is then unknown whether the change was made.
pub async fn change(database: &Database, change: &Change<'_>) -> Result<Changed, StoreError> {
    let (Some(cause), id) = (change.entries.first(), change.user.id.to_string()) else {
        return Err(StoreError::CorruptRow("audit.id"));
    };
    let entries: Vec<&Signed> = change.entries.iter().collect();
    let write = all_recorded(
        change.change(),
        || change.with_conditions(CHANGES),
        &entries,
    );
    let [latest, revoke] = RevokeAll {
        user: change.user.id,
        keep: None,
        cause: Some(cause),
        actor: None,
        now: change.now,
        entry: change.sessions_revoked.unwrap_or(cause),
        // After a change of the role, the scopes that it may not grant are dropped at the next refresh.
        grants: if change.is_active {
            GrantsOfUser::Keep
        } else {
            GrantsOfUser::Revoke
        },
    }
    .statements();
    let mut statements = vec![
        write,
        change.why_not(),
        find_statement(change.user.id),
        latest,
    ];
    if change.sessions_revoked.is_some() {
        statements.push(revoke);
        statements.push(delete_pending_sign_ins(&id, cause));
    }
    if change.sessions_revoked.is_some() || change.email.is_some() {
        statements.push(delete_password_links(&id, cause));
        statements.push(delete_from(&id, 0, cause));
    }
    let outcomes = database.all(statements).await?;
    let [written, why_not, found, latest, others @ ..] = outcomes.as_slice() else {
        return Err(StoreError::Unavailable);
    };
    if written.changes == 0 {
        return refusal(why_not);
    }
    let Some(user) = found.first(read)? else {
        return Ok(Changed::NotFound);
    };
    let revoke = others.first().filter(|_| change.sessions_revoked.is_some());
    Ok(Changed::Done {
        user: Box::new(user),
        sessions: latest.rows(RevokedSession::read)?,
        revoked: revoke.map_or(0, |revoke| revoke.changes),
    })
}

fn refusal(why_not: &Outcome) -> Result<Changed, StoreError> {
    let refusal = why_not.first(|row| {
        let (is_version, is_permitted, is_taken) = (
            row.count("is_version")?,
            row.count("is_permitted")?,
            row.count("is_taken")?,
        );
        Ok(match (is_version, is_permitted, is_taken) {
            (0, ..) => Changed::OtherVersion,
            (_, 0, _) => Changed::NotPermitted,
            (_, _, 1) => Changed::EmailTaken,
            _ => Changed::LastSuperAdmin,
        })
    })?;
    Ok(refusal.unwrap_or(Changed::NotFound))
}
