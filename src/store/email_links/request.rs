//! A request for a new address: who has the address, and the link that confirms it.

use super::{CONFIRM_LINK_SECONDS, EmailLinks};
use crate::domain::audit::Signed;
use crate::domain::names::Email;
use crate::domain::session::{SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::store::email_requests::{self, Admission, Budget};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The state of an address that a user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressState {
    /// No other user has it.
    Free,
    /// Another user has it, or a link can restore it for another user. Holds the address as it is stored there.
    Taken(String),
    /// An identity source provides the address of this user.
    OfIdentitySource,
    /// The user has asked too often. The next request is admitted after this many seconds.
    Later(u32),
}

/// A link that confirms an address.
#[derive(Debug)]
pub struct NewConfirmLink<'a> {
    /// The session, as it was read for the request.
    pub session: &'a SessionRecord,
    /// Id of the link.
    pub id: &'a str,
    /// The new address.
    pub email: &'a Email,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the request.
    pub entry: &'a Signed,
}

const SOURCE: &str = "SELECT source FROM users WHERE id = ?1";

const TAKEN: &str = "
    SELECT email FROM users WHERE source = 'password' AND email_key = ?2 AND id <> ?1
    UNION ALL
    SELECT email FROM email_links WHERE purpose = 'revert' AND email_key = ?2 AND user_id <> ?1 AND expires_at > ?3
    LIMIT 1";

/// A client decides how long its body takes, so the session may have been rotated or revoked since it was read, and the password changed.
const INSERT: &str = "
    INSERT INTO email_links (id, user_id, purpose, email, email_key, session, created_at, expires_at)
    SELECT ?7, users.id, 'confirm', ?8, ?9, sessions.id, ?5, ?10
    FROM users JOIN sessions ON sessions.user_id = users.id
    WHERE users.id = ?1 AND source = 'password' AND is_active = 1 AND password_version = ?2
      AND sessions.id = ?3 AND generation = ?4 AND revoked_at IS NULL AND token_expires_at > ?6 AND ends_at > ?5";

/// Finds a row if [`INSERT`] is about to write one.
const INSERTS: &str = "
    SELECT 1 FROM users JOIN sessions ON sessions.user_id = users.id
    WHERE users.id = ?1 AND source = 'password' AND is_active = 1 AND password_version = ?2
      AND sessions.id = ?3 AND generation = ?4 AND revoked_at IS NULL AND token_expires_at > ?6 AND ends_at > ?5";

const DELETE_EARLIER: &str = "
    DELETE FROM email_links
    WHERE user_id = ?1 AND purpose = 'confirm' AND id <> ?2
      AND EXISTS (SELECT 1 FROM email_links AS added WHERE added.id = ?2)";

impl EmailLinks {
    /// Counts the request if it is within the budget, and finds out who has the address.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn state_of(
        &self,
        user: Uuid,
        email: &Email,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<AddressState, StoreError> {
        let user = user.to_string();
        let [count, oldest] = email_requests::count(budget, now);
        let source = Statement::new(SOURCE).text(&user);
        let taken = Statement::new(TAKEN)
            .text(&user)
            .text(email.key())
            .text(now.to_string());
        let [counted, oldest, source, taken] =
            self.database.batch([count, oldest, source, taken]).await?;
        if source.first(|row| row.text("source"))?.as_deref() != Some("password") {
            return Ok(AddressState::OfIdentitySource);
        }
        if let Admission::Later(seconds) = email_requests::admission(&counted, &oldest, now)? {
            return Ok(AddressState::Later(seconds));
        }
        let taken = taken.first(|row| row.text("email"))?;
        Ok(taken.map_or(AddressState::Free, AddressState::Taken))
    }

    /// Adds a link that confirms an address, and deletes the user's earlier ones. False if the user, the password or the session was
    /// changed meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn add_confirm_link(&self, new: &NewConfirmLink<'_>) -> Result<bool, StoreError> {
        let (session, user) = (new.session, new.session.user.id.to_string());
        let with_conditions = |sql| {
            Statement::new(sql)
                .text(&user)
                .number(session.password_version)
                .text(&session.id)
                .number(session.generation)
                .text(new.now.to_string())
                .text(expired_until(new.now).to_string())
        };
        let insert = with_conditions(INSERT)
            .text(new.id)
            .text(new.email.as_str())
            .text(new.email.key())
            .text(new.now.plus(CONFIRM_LINK_SECONDS).to_string());
        let inserts = || with_conditions(INSERTS);
        let insert = recorded(insert, inserts, [new.entry]);
        let delete = Statement::new(DELETE_EARLIER).text(&user).text(new.id);
        let [inserted, _] = self.database.batch([insert, delete]).await?;
        Ok(inserted.changes > 0)
    }
}
