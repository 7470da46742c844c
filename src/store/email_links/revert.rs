//! The use of a link that restores an earlier address.

use super::{EmailLinks, delete_from, delete_password_links, verify};
use crate::domain::audit::Signed;
use crate::domain::names::search_key;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::store::password_links::PASSWORD_LINK_SECONDS;
use crate::store::sessions::{GrantsOfUser, RevokeAll, RevokedSession};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A link that can be used, with its user and the address that it replaces.
#[derive(Clone, Debug)]
pub struct Revertible {
    /// Place of the link in the order of creation.
    pub number: u32,
    /// Id of the user.
    pub user: Uuid,
    /// Full name of the user.
    pub name: String,
    /// The earlier address.
    pub email: String,
    /// Its key.
    pub email_key: String,
    /// The current address.
    pub current: String,
}

/// The restoration of an earlier address.
#[derive(Debug)]
pub struct Reversal<'a> {
    /// Id of the link.
    pub link: &'a str,
    /// The link.
    pub found: &'a Revertible,
    /// Id of a new link that sets a password.
    pub password_link: &'a str,
    /// The time of the request.
    pub now: Timestamp,
    /// The entry of the change.
    pub reverted: &'a Signed,
    /// The entry of the link that sets a password.
    pub link_created: &'a Signed,
    /// The entry of the revocation; written if a session is revoked.
    pub sessions_revoked: &'a Signed,
}

/// The outcome.
#[derive(Debug)]
pub enum Reverted {
    /// The address is restored. Holds at most 200 of the revoked sessions.
    Done(Vec<RevokedSession>),
    /// The user or the link was changed meanwhile, or another user has the address.
    Refused,
}

/// The plus sign prevents a search by time, which `SQLite` prefers while the table is small.
const FIND: &str = "
    SELECT number, users.id AS user_id, users.name, email_links.email, email_links.email_key, users.email AS current
    FROM email_links JOIN users ON users.id = email_links.user_id
    WHERE email_links.id = ?1 AND purpose = 'revert' AND +expires_at > ?2
      AND users.source = 'password' AND users.is_active = 1";

/// The password may be that of an attacker who changed the address.
const REVERT: &str = "
    UPDATE users SET email = ?5, email_key = ?1, email_search = ?6, updated_at = ?2, password_hash = NULL
    WHERE id = ?3 AND source = 'password' AND is_active = 1
      AND EXISTS (SELECT 1 FROM email_links WHERE email_links.id = ?4 AND expires_at > ?2)
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?1 AND other.id <> ?3)";

/// Finds a row if [`REVERT`] is about to change one.
const REVERTS: &str = "
    SELECT 1 FROM users
    WHERE id = ?3 AND source = 'password' AND is_active = 1
      AND EXISTS (SELECT 1 FROM email_links WHERE email_links.id = ?4 AND expires_at > ?2)
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?1 AND other.id <> ?3)";

const INSERT_PASSWORD_LINK: &str = "
    INSERT INTO password_links (id, user_id, created_at, expires_at, sent_to)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM audit WHERE audit.id = ?6)";

impl EmailLinks {
    /// A link that can be used.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn revertible(
        &self,
        link: &str,
        now: Timestamp,
    ) -> Result<Option<Revertible>, StoreError> {
        let find = Statement::new(FIND).text(link).text(now.to_string());
        let [found] = self.database.batch([find]).await?;
        found.first(|row| {
            Ok(Revertible {
                number: row.count("number")?,
                user: row.uuid("user_id")?,
                name: row.text("name")?,
                email: row.text("email")?,
                email_key: row.text("email_key")?,
                current: row.text("current")?,
            })
        })
    }

    /// Restores the address, removes the password, revokes all sessions, replaces the links that set a password by a new one, and
    /// deletes the links that confirm an address, this link and all that are newer.
    ///
    /// # Errors
    /// Any [`StoreError`]. It is then unknown whether the address was restored.
    pub async fn revert(&self, reversal: &Reversal<'_>) -> Result<Reverted, StoreError> {
        let Reversal {
            link,
            found,
            password_link,
            now,
            reverted,
            ..
        } = reversal;
        let user = found.user.to_string();
        let with_conditions = |sql| {
            Statement::new(sql)
                .text(&found.email_key)
                .text(now.to_string())
                .text(&user)
                .text(link)
        };
        let revert = with_conditions(REVERT)
            .text(&found.email)
            .text(search_key(&found.email));
        let reverts = || with_conditions(REVERTS);
        let [latest, revoke] = RevokeAll {
            user: found.user,
            keep: None,
            cause: Some(reverted),
            actor: None,
            now: *now,
            entry: reversal.sessions_revoked,
            grants: GrantsOfUser::Revoke,
        }
        .statements();
        let cause = &reverted.entry.id;
        let [done, revoked, ..] = self
            .database
            .batch([
                recorded(revert, reverts, [reverted, reversal.link_created]),
                latest,
                revoke,
                verify(&user, *now, reverted),
                delete_password_links(&user, reverted),
                Statement::new(INSERT_PASSWORD_LINK)
                    .text(password_link)
                    .text(&user)
                    .text(now.to_string())
                    .text(now.plus(PASSWORD_LINK_SECONDS).to_string())
                    .text(&found.email)
                    .text(cause),
                delete_from(&user, found.number, reverted),
            ])
            .await?;
        if done.changes == 0 {
            return Ok(Reverted::Refused);
        }
        revoked.rows(RevokedSession::read).map(Reverted::Done)
    }
}
