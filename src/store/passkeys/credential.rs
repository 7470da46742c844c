//! Finds a passkey by its credential id, and records its use.

use crate::domain::user::User;
use crate::domain::webauthn::Stored;
use crate::domain::webauthn::cose::PublicKey;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::required::required;
use crate::store::used_challenges::UsedChallenge;
use crate::store::users::user;
use base64ct::{Base64UrlUnpadded, Encoding};
use uuid::Uuid;

const FIND: &str = "
    SELECT passkeys.id, public_key, sign_count, is_backup_eligible, users.source <> 'password' AS is_federated,
           users.id AS user_id, username, email, users.name, organization, aws_region, role, is_active,
           users.created_at AS user_created_at, updated_at AS user_updated_at, last_login
    FROM passkeys JOIN users ON users.id = passkeys.user_id
    WHERE credential_id = ?1";

/// The counter must still have the value that was checked. Without a counter, it is always 0, and parallel uses do not conflict.
const USE: &str = "
    UPDATE passkeys SET sign_count = ?3, is_backed_up = ?4, last_used_at = ?5
    WHERE id = ?1 AND user_id = ?2 AND sign_count = ?6";

/// A stored passkey and its user.
#[derive(Debug)]
pub struct StoredPasskey {
    /// Its id in the API.
    pub id: Uuid,
    /// What a response is compared with.
    pub stored: Stored,
    /// Its user.
    pub user: User,
    /// Whether an identity source provides the user.
    pub is_federated: bool,
}

impl StoredPasskey {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let corrupt = StoreError::CorruptRow("public_key");
        let key = Base64UrlUnpadded::decode_vec(&row.text("public_key")?).map_err(|_| corrupt)?;
        let user = user(row)?;
        Ok(Self {
            id: row.uuid("id")?,
            stored: Stored {
                public_key: PublicKey::read(&key).map_err(|_| corrupt)?,
                sign_count: row.count("sign_count")?,
                is_backup_eligible: row.count("is_backup_eligible")? == 1,
                user_handle: user.id.into_bytes(),
            },
            user,
            is_federated: row.count("is_federated")? == 1,
        })
    }
}

/// The passkey with this credential id.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(
    database: &Database,
    credential_id: &[u8],
) -> Result<Option<StoredPasskey>, StoreError> {
    let id = Base64UrlUnpadded::encode_string(credential_id);
    let [found] = database.batch([Statement::new(FIND).text(id)]).await?;
    found.first(StoredPasskey::read)
}

/// A use of a passkey that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPasskey {
    /// Its id in the API.
    pub id: Uuid,
    /// The counter that was compared.
    pub stored_sign_count: u32,
    /// The counter to store.
    pub sign_count: u32,
    /// Whether the passkey is backed up now.
    pub is_backed_up: bool,
    /// The challenge.
    pub challenge: UsedChallenge,
}

impl UsedPasskey {
    pub(in crate::store) fn use_once(&self, user: &str, now: &str) -> Vec<Statement> {
        let record = Statement::new(USE)
            .text(self.id.to_string())
            .text(user)
            .number(self.sign_count)
            .number(u32::from(self.is_backed_up))
            .text(now)
            .number(self.stored_sign_count);
        vec![self.challenge.use_once(), required(record)]
    }
}
