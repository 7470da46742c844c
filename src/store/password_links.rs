//! One-time links that set a password: table `password_links`. The command line, administrators and `/forgot-password` create them, and
//! `/set-password` uses them.

mod administered;
mod forgotten;

pub use administered::AdministeredLink;
pub use forgotten::{ForgottenUser, NewPasswordLink};

use super::audit::recorded;
use super::email_links::delete_confirm_links;
use super::sessions::{GrantsOfUser, RevokeAll, RevokedSession};
use super::throttle;
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The user of a link, with the names that the password policy compares with a new password.
#[derive(Debug)]
pub struct Holder {
    /// Id of the user.
    pub id: Uuid,
    /// User name.
    pub username: String,
    /// E-mail.
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// Organization.
    pub organization: Option<String>,
    /// Whether the user has a password already.
    pub has_password: bool,
}

/// Lifetime of a link.
pub const PASSWORD_LINK_SECONDS: i64 = 3_600;

/// The audit entries of a new password.
#[derive(Debug)]
pub struct PasswordSet {
    /// The entry of the change.
    pub password_set: Signed,
    /// The entry of the revocation; written if a session is revoked.
    pub sessions_revoked: Signed,
}

const HOLDER: &str = "
    SELECT users.id, users.username, users.email, users.name, users.organization,
           users.password_hash IS NOT NULL AS has_password
    FROM password_links JOIN users ON users.id = password_links.user_id
    WHERE password_links.id = ?1 AND password_links.used_by IS NULL AND password_links.expires_at > ?2
      AND users.source = 'password' AND users.is_active = 1";

/// If several requests use one link, this statement decides which of them succeeds: the mark identifies that request.
const CLAIM: &str = "
    UPDATE password_links SET used_by = ?1
    WHERE id = ?2 AND used_by IS NULL AND expires_at > ?3
      AND EXISTS (SELECT 1 FROM users WHERE users.id = password_links.user_id AND users.is_active = 1)";

/// The user of a link that was sent to the current address has confirmed that address. Another spelling is another address.
const SET_PASSWORD: &str = "
    UPDATE users SET password_hash = ?1, updated_at = ?2,
      email_verified_at = CASE
        WHEN email = (SELECT sent_to FROM password_links WHERE password_links.id = ?3) THEN ?2
        ELSE email_verified_at END
    WHERE id = (SELECT user_id FROM password_links WHERE id = ?3 AND used_by = ?4)";

/// Finds a row if [`SET_PASSWORD`] is about to change one.
const SETS_PASSWORD: &str = "
    SELECT 1 FROM users WHERE id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)";

/// Deletes the other links of the user.
const DROP_OTHERS: &str = "
    DELETE FROM password_links
    WHERE id <> ?1 AND user_id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)";

const DELETE_EXPIRED: &str = "DELETE FROM password_links WHERE expires_at <= ?1";

/// The links.
#[derive(Debug, Clone, Copy)]
pub struct PasswordLinks {
    database: &'static Database,
}

impl PasswordLinks {
    /// Links in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

    /// The user of a link, while the link can be used.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn holder(&self, id: &str, now: Timestamp) -> Result<Option<Holder>, StoreError> {
        let [found] = self
            .database
            .batch([Statement::new(HOLDER).text(id).text(now.to_string())])
            .await?;
        found.first(|row| {
            Ok(Holder {
                id: row.uuid("id")?,
                username: row.text("username")?,
                email: row.optional("email")?,
                name: row.text("name")?,
                organization: row.optional("organization")?,
                has_password: row.count("has_password")? == 1,
            })
        })
    }

    /// Sets the password, revokes all sessions and other links of the user, and deletes those that confirm an address, if this request is
    /// the one that uses the link.
    /// `mark` is random. Returns at most 200 of the revoked sessions; `None` if another request has used the link.
    ///
    /// # Errors
    /// Any [`StoreError`]. It is then unknown whether the password was set.
    pub async fn set_password(
        &self,
        id: &str,
        holder: Uuid,
        mark: &str,
        password_hash: &str,
        now: Timestamp,
        entries: &PasswordSet,
    ) -> Result<Option<Vec<RevokedSession>>, StoreError> {
        let [latest, revoke] = RevokeAll {
            user: holder,
            keep: None,
            cause: Some(&entries.password_set),
            actor: None,
            now,
            entry: &entries.sessions_revoked,
            grants: GrantsOfUser::Revoke,
        }
        .statements();
        let now = now.to_string();
        let set = Statement::new(SET_PASSWORD)
            .text(password_hash)
            .text(&now)
            .text(id)
            .text(mark);
        let sets = || Statement::new(SETS_PASSWORD).text(id).text(mark);
        let [claimed, _, revoked, ..] = self
            .database
            .batch([
                Statement::new(CLAIM).text(mark).text(id).text(&now),
                recorded(set, sets, [&entries.password_set]),
                latest,
                revoke,
                Statement::new(DROP_OTHERS).text(id).text(mark),
                delete_confirm_links(&holder.to_string(), &entries.password_set),
                throttle::restore(&holder.to_string(), password_hash),
            ])
            .await?;
        if claimed.changes == 0 {
            Ok(None)
        } else {
            revoked.rows(RevokedSession::read).map(Some)
        }
    }

    /// Deletes the links that have expired.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .batch([Statement::new(DELETE_EXPIRED).text(now.to_string())])
            .await
            .map(drop)
    }
}
