//! Links that were sent by e-mail and change the address of a user: table `email_links`. A link with the purpose `confirm` sets a new
//! address. A link with the purpose `revert` restores the earlier one.
//!
//! An address of a password user is unique. While a link can restore an address, no other user gets that address.

mod confirm;
mod request;
mod revert;

pub use confirm::{Confirmable, Confirmation, NewRevertLink};
pub use request::{AddressState, NewConfirmLink};
pub use revert::{Reversal, Reverted, Revertible};

use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::timestamp::Timestamp;

/// Lifetime of a link that restores an address.
pub const REVERT_LINK_SECONDS: i64 = 7 * 86_400;
/// Lifetime of a link that confirms an address.
pub const CONFIRM_LINK_SECONDS: i64 = 3_600;

/// Runs after the statement that changes the address, because a trigger removes the time of the earlier address.
const VERIFY: &str = "
    UPDATE users SET email_verified_at = ?1
    WHERE id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?3)";

const DELETE_CONFIRM_LINKS: &str = "
    DELETE FROM email_links
    WHERE user_id = ?1 AND purpose = 'confirm' AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_FROM: &str = "
    DELETE FROM email_links
    WHERE user_id = ?1 AND (purpose = 'confirm' OR number >= ?2)
      AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?3)";

const DELETE_PASSWORD_LINKS: &str = "
    DELETE FROM password_links
    WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE audit.id = ?2)";

const DELETE_EXPIRED: &str = "
    DELETE FROM email_links
    WHERE number IN (SELECT number FROM email_links WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 1000)";

/// The links.
#[derive(Debug, Clone, Copy)]
pub struct EmailLinks {
    database: &'static Database,
}

impl EmailLinks {
    /// Links in this database.
    #[must_use]
    pub fn new(database: &'static Database) -> Self {
        Self { database }
    }

    /// Deletes expired links, at most 1,000. Returns whether there may be more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn delete_expired(&self, now: Timestamp) -> Result<bool, StoreError> {
        let delete = Statement::new(DELETE_EXPIRED).text(now.to_string());
        let [deleted] = self.database.batch([delete]).await?;
        Ok(deleted.changes == 1_000)
    }
}

/// Records that the user has confirmed the address, if the batch has written this entry.
fn verify(user: &str, now: Timestamp, cause: &Signed) -> Statement {
    Statement::new(VERIFY)
        .text(now.to_string())
        .text(user)
        .text(&cause.entry.id)
}

/// Deletes the links of a user with which an address could be confirmed, if the batch has written this entry.
pub(super) fn delete_confirm_links(user: &str, cause: &Signed) -> Statement {
    Statement::new(DELETE_CONFIRM_LINKS)
        .text(user)
        .text(&cause.entry.id)
}

/// Deletes the links of a user that confirm an address, and those that restore one from this number on, if the batch has written this
/// entry. Earlier links stay: after two changes of the address, the first address can be restored even if the second one was restored
/// before.
pub(super) fn delete_from(user: &str, number: u32, cause: &Signed) -> Statement {
    Statement::new(DELETE_FROM)
        .text(user)
        .number(number)
        .text(&cause.entry.id)
}

/// Deletes the links of a user with which a password could be set, if the batch has written this entry.
pub(super) fn delete_password_links(user: &str, cause: &Signed) -> Statement {
    Statement::new(DELETE_PASSWORD_LINKS)
        .text(user)
        .text(&cause.entry.id)
}
