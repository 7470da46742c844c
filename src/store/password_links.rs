//! One-time links that set a password: table `password_links`. Made by the command line, used by `/set-password`.

use super::audit::recorded;
use super::sessions::RevokedSession;
use super::throttle;
use crate::domain::audit::Signed;
use crate::domain::session::expired_until;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The user of a link; the policy compares a new password with these.
#[derive(Debug)]
pub struct Holder {
    /// The person.
    pub id: Uuid,
    /// User name.
    pub username: String,
    /// E-mail.
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// Organization.
    pub organization: Option<String>,
}

/// The entries of a new password.
#[derive(Debug)]
pub struct PasswordSet {
    /// That it was set.
    pub password_set: Signed,
    /// That sessions ended by it; written if any did.
    pub sessions_revoked: Signed,
}

const HOLDER: &str = "
    SELECT users.id, users.username, users.email, users.name, users.organization
    FROM password_links JOIN users ON users.id = password_links.user_id
    WHERE password_links.id = ?1 AND password_links.used_by IS NULL AND password_links.expires_at > ?2
      AND users.source = 'password' AND users.is_active = 1";

/// The one UPDATE that decides between many uses of one link: the mark names the request that won.
const CLAIM: &str = "
    UPDATE password_links SET used_by = ?1
    WHERE id = ?2 AND used_by IS NULL AND expires_at > ?3
      AND EXISTS (SELECT 1 FROM users WHERE users.id = password_links.user_id AND users.is_active = 1)";

const SET_PASSWORD: &str = "
    UPDATE users SET password_hash = ?1, updated_at = ?2
    WHERE id = (SELECT user_id FROM password_links WHERE id = ?3 AND used_by = ?4)";

/// Finds a row if [`SET_PASSWORD`] is about to change one.
const SETS_PASSWORD: &str = "
    SELECT 1 FROM users WHERE id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)";

/// The sessions whose cached sessions have to be overwritten; read before they are revoked.
const LATEST_SESSIONS: &str = "
    SELECT id, generation, recent_rotations FROM sessions
    WHERE revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND user_id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)
    ORDER BY token_expires_at DESC LIMIT 200";

const REVOKE_SESSIONS: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE revoked_at IS NULL AND token_expires_at > ?4 AND ends_at > ?1
      AND user_id = (SELECT user_id FROM password_links WHERE id = ?2 AND used_by = ?3)";

/// Finds a row if [`REVOKE_SESSIONS`] is about to change one.
const REVOKES_SESSIONS: &str = "
    SELECT 1 FROM sessions
    WHERE revoked_at IS NULL AND token_expires_at > ?3 AND ends_at > ?4
      AND user_id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)";

/// A new password ends the person's other links as well.
const DROP_OTHERS: &str = "
    DELETE FROM password_links
    WHERE id <> ?1 AND user_id = (SELECT user_id FROM password_links WHERE id = ?1 AND used_by = ?2)";

const REMOVE_OVER: &str = "DELETE FROM password_links WHERE expires_at <= ?1";

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
            })
        })
    }

    /// Sets the password and ends the person's sessions, if this request is the one that uses the link; `mark` is random.
    /// Gives the sessions that ended, the newest 200 at most, or `None` if the link was used meanwhile.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was changed, or D1 did not say.
    pub async fn set_password(
        &self,
        id: &str,
        holder: Uuid,
        mark: &str,
        password_hash: &str,
        now: Timestamp,
        entries: &PasswordSet,
    ) -> Result<Option<Vec<RevokedSession>>, StoreError> {
        let expired_until = expired_until(now).to_string();
        let now = now.to_string();
        let set = Statement::new(SET_PASSWORD)
            .text(password_hash)
            .text(&now)
            .text(id)
            .text(mark);
        let sets = || Statement::new(SETS_PASSWORD).text(id).text(mark);
        let revoke = Statement::new(REVOKE_SESSIONS)
            .text(&now)
            .text(id)
            .text(mark)
            .text(&expired_until);
        let revokes = || {
            Statement::new(REVOKES_SESSIONS)
                .text(id)
                .text(mark)
                .text(&expired_until)
                .text(&now)
        };
        let [claimed, _, ended, ..] = self
            .database
            .batch([
                Statement::new(CLAIM).text(mark).text(id).text(&now),
                recorded(set, sets, [&entries.password_set]),
                Statement::new(LATEST_SESSIONS)
                    .text(id)
                    .text(mark)
                    .text(&expired_until)
                    .text(&now),
                recorded(revoke, revokes, [&entries.sessions_revoked]),
                Statement::new(DROP_OTHERS).text(id).text(mark),
                throttle::restore(&holder.to_string(), password_hash),
            ])
            .await?;
        if claimed.changes == 0 {
            Ok(None)
        } else {
            ended.rows(RevokedSession::read).map(Some)
        }
    }

    /// Removes the links that are over.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn remove_over(&self, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .batch([Statement::new(REMOVE_OVER).text(now.to_string())])
            .await
            .map(drop)
    }
}
