//! Links for a forgotten password, which are sent by e-mail.

use super::{PASSWORD_LINK_SECONDS, PasswordLinks};
use crate::domain::audit::Signed;
use crate::domain::names::LoginName;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::{append, recorded};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A user who has forgotten the password.
#[derive(Clone, Debug)]
pub struct ForgottenUser {
    /// Id of the user.
    pub id: Uuid,
    /// Full name.
    pub name: String,
    /// The address as it is stored.
    pub email: String,
    /// Its key.
    pub email_key: String,
    /// Whether the user may sign in.
    pub is_active: bool,
}

/// A link to be added.
#[derive(Debug)]
pub struct NewPasswordLink<'a> {
    /// Id of the link.
    pub id: &'a str,
    /// Id of the user.
    pub user: Uuid,
    /// The address that it is sent to, as it is stored.
    pub sent_to: &'a str,
    /// The time of the request.
    pub now: Timestamp,
    /// The entry of the link.
    pub created: &'a Signed,
}

const FIND: &str = "
    SELECT id, name, email, email_key, is_active FROM users
    WHERE id = (SELECT id FROM password_logins WHERE login = ?1)";

const INSERT: &str = "
    INSERT INTO password_links (id, user_id, created_at, expires_at, sent_to)
    SELECT ?4, id, ?3, ?5, ?2 FROM users
    WHERE id = ?1 AND email = ?2 AND source = 'password' AND is_active = 1";

/// Finds a row if [`INSERT`] is about to write one.
const INSERTS: &str = "
    SELECT 1 FROM users WHERE id = ?1 AND email = ?2 AND source = 'password' AND is_active = 1";

impl PasswordLinks {
    /// The user with this name.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn forgotten_by(
        &self,
        name: &LoginName,
    ) -> Result<Option<ForgottenUser>, StoreError> {
        let (LoginName::Username(login) | LoginName::Email(login)) = name;
        let find = Statement::new(FIND).text(login);
        let [found] = self.database.batch([find]).await?;
        found.first(|row| {
            Ok(ForgottenUser {
                id: row.uuid("id")?,
                name: row.text("name")?,
                email: row.text("email")?,
                email_key: row.text("email_key")?,
                is_active: row.count("is_active")? == 1,
            })
        })
    }

    /// Adds a link. False if the user was changed meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn add(&self, new: &NewPasswordLink<'_>) -> Result<bool, StoreError> {
        let user = new.user.to_string();
        let insert = Statement::new(INSERT)
            .text(&user)
            .text(new.sent_to)
            .text(new.now.to_string())
            .text(new.id)
            .text(new.now.plus(PASSWORD_LINK_SECONDS).to_string());
        let inserts = || Statement::new(INSERTS).text(&user).text(new.sent_to);
        let [inserted] = self
            .database
            .batch([recorded(insert, inserts, [new.created])])
            .await?;
        Ok(inserted.changes > 0)
    }

    /// Writes the entry of a request for which no link is added.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn refuse(&self, entry: &Signed) -> Result<(), StoreError> {
        self.database.batch([append(entry)]).await.map(drop)
    }
}
