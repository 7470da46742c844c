//! The use of a link that confirms a new address.

use super::{EmailLinks, delete_confirm_links, delete_from, delete_password_links, verify};
use crate::domain::audit::Signed;
use crate::domain::names::search_key;
use crate::domain::session::{SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A link that can restore an earlier address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevertLink {
    /// Its place in the order of creation.
    pub number: u32,
    /// The earlier address.
    pub email: String,
}

/// A link that can be used in this session, and the address that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmable {
    /// The new address.
    pub email: String,
    /// Its key.
    pub email_key: String,
    /// The current address.
    pub current: String,
    /// Its key.
    pub current_key: String,
    /// The links that can restore an earlier address of the user, oldest first.
    pub revert_links: Vec<RevertLink>,
}

/// A link that restores the current address.
#[derive(Debug)]
pub struct NewRevertLink {
    /// Id of the link.
    pub id: String,
    /// The end of its lifetime.
    pub expires_at: Timestamp,
}

/// The confirmation of a new address.
#[derive(Debug)]
pub struct Confirmation<'a> {
    /// Id of the link.
    pub link: &'a str,
    /// The session, as it was read for the request.
    pub session: &'a SessionRecord,
    /// The addresses.
    pub addresses: &'a Confirmable,
    /// The link that restores the current address, if the current address gets one.
    pub revert_link: Option<&'a NewRevertLink>,
    /// The number of the link that could restore the new address. It and the newer ones are deleted.
    pub restores: Option<u32>,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the change.
    pub entry: &'a Signed,
}

const FIND: &str = "
    SELECT email_links.email, email_links.email_key, users.email AS current, users.email_key AS current_key
    FROM email_links JOIN users ON users.id = email_links.user_id
    WHERE email_links.id = ?1 AND email_links.user_id = ?2 AND email_links.session = ?3
      AND email_links.purpose = 'confirm' AND email_links.expires_at > ?4";

const REVERT_LINKS: &str = "
    SELECT number, email FROM email_links
    WHERE user_id = ?1 AND purpose = 'revert' AND +expires_at > ?2 ORDER BY number";

const CONFIRM: &str = "
    UPDATE users SET email = ?9, email_key = ?1, email_search = ?10, updated_at = ?2
    WHERE id = ?3 AND source = 'password' AND is_active = 1 AND email = ?4
      AND EXISTS (SELECT 1 FROM email_links WHERE email_links.id = ?5 AND expires_at > ?2)
      AND EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = ?6 AND generation = ?8 AND revoked_at IS NULL AND token_expires_at > ?7 AND ends_at > ?2)
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?1 AND other.id <> ?3)
      AND NOT EXISTS (
        SELECT 1 FROM email_links AS other
        WHERE other.purpose = 'revert' AND other.email_key = ?1 AND other.user_id <> ?3 AND other.expires_at > ?2)";

/// Finds a row if [`CONFIRM`] is about to change one.
const CONFIRMS: &str = "
    SELECT 1 FROM users
    WHERE id = ?3 AND source = 'password' AND is_active = 1 AND email = ?4
      AND EXISTS (SELECT 1 FROM email_links WHERE email_links.id = ?5 AND expires_at > ?2)
      AND EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.id = ?6 AND generation = ?8 AND revoked_at IS NULL AND token_expires_at > ?7 AND ends_at > ?2)
      AND NOT EXISTS (
        SELECT 1 FROM users AS other WHERE other.source = 'password' AND other.email_key = ?1 AND other.id <> ?3)
      AND NOT EXISTS (
        SELECT 1 FROM email_links AS other
        WHERE other.purpose = 'revert' AND other.email_key = ?1 AND other.user_id <> ?3 AND other.expires_at > ?2)";

/// The link of an earlier address does not end before that of a later one, for up to 30 days, which limits the number of links of a
/// user. A link that has expired stays expired.
const EXTEND_REVERT_LINKS: &str = "
    UPDATE email_links SET
      expires_at = max(expires_at, min(?1, strftime('%Y-%m-%dT%H:%M:%SZ', created_at, '+30 days')))
    WHERE user_id = ?2 AND purpose = 'revert' AND +expires_at > ?3
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?4)";

const INSERT_REVERT_LINK: &str = "
    INSERT INTO email_links (id, user_id, purpose, email, email_key, created_at, expires_at)
    SELECT ?1, ?2, 'revert', ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM audit WHERE audit.id = ?7)";

impl EmailLinks {
    /// The addresses of a link, if it can be used by this user in this session.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn confirmable(
        &self,
        link: &str,
        user: Uuid,
        session: &str,
        now: Timestamp,
    ) -> Result<Option<Confirmable>, StoreError> {
        let find = Statement::new(FIND)
            .text(link)
            .text(user.to_string())
            .text(session)
            .text(now.to_string());
        let links = Statement::new(REVERT_LINKS)
            .text(user.to_string())
            .text(now.to_string());
        let [found, links] = self.database.batch([find, links]).await?;
        let revert_links = links.rows(|row| {
            Ok(RevertLink {
                number: row.count("number")?,
                email: row.text("email")?,
            })
        })?;
        let found = found.first(|row| {
            Ok(Confirmable {
                email: row.text("email")?,
                email_key: row.text("email_key")?,
                current: row.text("current")?,
                current_key: row.text("current_key")?,
                revert_links: Vec::new(),
            })
        })?;
        Ok(found.map(|found| Confirmable {
            revert_links,
            ..found
        }))
    }

    /// Sets the new address. Adds the link that restores the current one and extends the earlier ones, or deletes those that the change
    /// makes void. Deletes the links of the user that set a password or confirm an address. False if the user, the session or the link
    /// was changed meanwhile, or if another user has the address.
    ///
    /// # Errors
    /// Any [`StoreError`]. It is then unknown whether the address was set.
    pub async fn confirm(&self, confirmation: &Confirmation<'_>) -> Result<bool, StoreError> {
        let Confirmation {
            link,
            session,
            addresses,
            now,
            entry,
            ..
        } = confirmation;
        let user = session.user.id.to_string();
        let with_conditions = |sql| {
            Statement::new(sql)
                .text(&addresses.email_key)
                .text(now.to_string())
                .text(&user)
                .text(&addresses.current)
                .text(link)
                .text(&session.id)
                .text(expired_until(*now).to_string())
                .number(session.generation)
        };
        let confirm = with_conditions(CONFIRM)
            .text(&addresses.email)
            .text(search_key(&addresses.email));
        let confirms = || with_conditions(CONFIRMS);
        let mut statements = vec![
            recorded(confirm, confirms, [entry]),
            verify(&user, *now, entry),
        ];
        statements.extend(
            confirmation
                .restores
                .map(|number| delete_from(&user, number, entry)),
        );
        if let Some(link) = confirmation.revert_link {
            let extend = Statement::new(EXTEND_REVERT_LINKS)
                .text(link.expires_at.to_string())
                .text(&user)
                .text(now.to_string())
                .text(&entry.entry.id);
            let insert = Statement::new(INSERT_REVERT_LINK)
                .text(&link.id)
                .text(&user)
                .text(&addresses.current)
                .text(&addresses.current_key)
                .text(now.to_string())
                .text(link.expires_at.to_string())
                .text(&entry.entry.id);
            statements.extend([extend, insert]);
        }
        statements.push(delete_password_links(&user, entry));
        statements.push(delete_confirm_links(&user, entry));
        let outcomes = self.database.all(statements).await?;
        Ok(outcomes
            .first()
            .is_some_and(|confirmed| confirmed.changes > 0))
    }
}
