//! Links that an administrator creates for a user.

use super::{PASSWORD_LINK_SECONDS, PasswordLinks};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A link to be added.
#[derive(Debug)]
pub struct AdministeredLink<'a> {
    /// Id of the link.
    pub id: &'a str,
    /// Id of the user.
    pub user: Uuid,
    /// The administrator.
    pub actor: Uuid,
    /// The address that it is sent to, as it is stored; `None` if the link is shown to the administrator.
    pub sent_to: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
    /// The entry of the link.
    pub created: &'a Signed,
}

const INSERT: &str = "
    INSERT INTO password_links (id, user_id, created_at, expires_at, sent_to)
    SELECT ?4, id, ?5, ?6, ?3 FROM users
    WHERE id = ?1 AND source = 'password' AND is_active = 1 AND (?3 IS NULL OR email = ?3)
      AND EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// Finds a row if [`INSERT`] is about to write one.
const INSERTS: &str = "
    SELECT 1 FROM users
    WHERE id = ?1 AND source = 'password' AND is_active = 1 AND (?3 IS NULL OR email = ?3)
      AND EXISTS (
        SELECT 1 FROM administrators WHERE administrators.id = ?2
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// A link that was shown does not confirm an address.
const SHOW: &str = "
    UPDATE password_links SET sent_to = NULL WHERE id = ?1 AND used_by IS NULL AND expires_at > ?2";

/// Finds a row if [`SHOW`] is about to change one.
const SHOWS: &str = "
    SELECT 1 FROM password_links WHERE id = ?1 AND used_by IS NULL AND expires_at > ?2";

impl PasswordLinks {
    /// Adds a link. False if the user was changed meanwhile, or the administrator may not do it any more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn add_administered(&self, new: &AdministeredLink<'_>) -> Result<bool, StoreError> {
        let with_conditions = |sql| {
            Statement::new(sql)
                .text(new.user.to_string())
                .text(new.actor.to_string())
                .optional(new.sent_to)
        };
        let insert = with_conditions(INSERT)
            .text(new.id)
            .text(new.now.to_string())
            .text(new.now.plus(PASSWORD_LINK_SECONDS).to_string());
        let inserts = || with_conditions(INSERTS);
        let [inserted] = self
            .database
            .batch([recorded(insert, inserts, [new.created])])
            .await?;
        Ok(inserted.changes > 0)
    }

    /// Records that a link which could not be sent is shown to the administrator. False if it was used meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the link must not be shown.
    pub async fn show(&self, id: &str, now: Timestamp, shown: &Signed) -> Result<bool, StoreError> {
        let of_link = |sql| Statement::new(sql).text(id).text(now.to_string());
        let show = recorded(of_link(SHOW), || of_link(SHOWS), [shown]);
        let [updated] = self.database.batch([show]).await?;
        Ok(updated.changes > 0)
    }
}
