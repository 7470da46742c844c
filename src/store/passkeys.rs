//! Passkeys: table `passkeys`. This file lists them.

mod add;
mod credential;
mod manage;

pub use add::{MAX_PASSKEYS, NewPasskey, Obstacle, obstacle};
pub use credential::{StoredPasskey, UsedPasskey, find};
pub use manage::{Deleted, delete, rename};

use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

const LIST: &str = "
    SELECT id, credential_id, name, created_at, last_used_at, is_backed_up, transports
    FROM passkeys WHERE user_id = ?1 ORDER BY created_at, id";

/// A passkey, as shown to its user.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Passkey {
    /// Id.
    pub id: Uuid,
    /// Id of the credential, base64url without padding.
    pub credential_id: String,
    /// Name that the user chose.
    pub name: String,
    /// Time at which it was added.
    pub created_at: Timestamp,
    /// Time of the last sign-in or step-up with it; null before the first.
    pub last_used_at: Option<Timestamp>,
    /// Whether the passkey is backed up, for example by a password manager.
    pub is_backed_up: bool,
    /// How browsers can reach the authenticator, such as `internal` or `usb`.
    pub transports: Vec<String>,
}

impl Passkey {
    /// A passkey that was added at this time.
    #[must_use]
    pub fn new(new: &NewPasskey, created_at: Timestamp) -> Self {
        Self {
            id: new.id,
            credential_id: new.credential_id(),
            name: new.name.clone(),
            created_at,
            last_used_at: None,
            is_backed_up: new.registration.is_backed_up,
            transports: new.transports.clone(),
        }
    }

    pub(super) fn read(row: &mut Row) -> Result<Self, StoreError> {
        let transports = row.text("transports")?;
        let transports = serde_json::from_str(&transports);
        Ok(Self {
            id: row.uuid("id")?,
            credential_id: row.text("credential_id")?,
            name: row.text("name")?,
            created_at: row.moment("created_at")?,
            last_used_at: row.optional_moment("last_used_at")?,
            is_backed_up: row.count("is_backed_up")? == 1,
            transports: transports.map_err(|_| StoreError::CorruptRow("transports"))?,
        })
    }
}

/// The passkeys of a user, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(database: &Database, user: Uuid) -> Result<Vec<Passkey>, StoreError> {
    let [found] = database.batch([list_statement(user)]).await?;
    found.rows(Passkey::read)
}

/// The statement that lists passkeys, for a batch. [`Passkey::read`] reads its rows.
pub(super) fn list_statement(user: Uuid) -> Statement {
    Statement::new(LIST).text(user.to_string())
}
