//! Adds a passkey.

use crate::domain::webauthn::Registration;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::required::required;
use crate::store::used_challenges::UsedChallenge;
use base64ct::{Base64UrlUnpadded, Encoding};
use uuid::Uuid;

/// Maximum number of passkeys of a user.
pub const MAX_PASSKEYS: u32 = 20;

const ADD: &str = "
    INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, is_backup_eligible,
                          is_backed_up, created_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
    WHERE (SELECT count(*) FROM passkeys WHERE user_id = ?2) < ?11
    ON CONFLICT (credential_id) DO NOTHING";

const OBSTACLE: &str = "
    SELECT EXISTS (SELECT 1 FROM passkeys WHERE credential_id = ?1) AS is_registered,
           (SELECT count(*) FROM passkeys WHERE user_id = ?2) AS passkeys";

/// A passkey that is added.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// Its id in the API.
    pub id: Uuid,
    /// What the authenticator has sent.
    pub registration: Registration,
    /// Its name.
    pub name: String,
    /// How browsers can reach the authenticator.
    pub transports: Vec<String>,
    /// The challenge of the registration.
    pub challenge: UsedChallenge,
}

impl NewPasskey {
    /// The credential id as it is stored.
    #[must_use]
    pub fn credential_id(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.registration.credential_id)
    }

    pub(in crate::store) fn add(&self, user: &str, now: &str) -> Vec<Statement> {
        let registration = &self.registration;
        let transports = serde_json::json!(self.transports).to_string();
        let add = Statement::new(ADD)
            .text(self.id.to_string())
            .text(user)
            .text(self.credential_id())
            .text(Base64UrlUnpadded::encode_string(&registration.cose))
            .number(registration.sign_count)
            .text(&self.name)
            .text(transports)
            .number(u32::from(registration.is_backup_eligible))
            .number(u32::from(registration.is_backed_up))
            .text(now)
            .number(MAX_PASSKEYS);
        vec![self.challenge.use_once(), required(add)]
    }
}

/// Why a passkey cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is registered already.
    Registered,
    /// The user has [`MAX_PASSKEYS`].
    TooMany,
    /// Another reason.
    Other,
}

/// Why a passkey was not added for this user.
///
/// # Errors
/// Any [`StoreError`].
pub async fn obstacle(
    database: &Database,
    new: &NewPasskey,
    user: Uuid,
) -> Result<Obstacle, StoreError> {
    let statement = Statement::new(OBSTACLE)
        .text(new.credential_id())
        .text(user.to_string());
    let [found] = database.batch([statement]).await?;
    let obstacle = found.first(|row| {
        let is_registered = row.count("is_registered")? == 1;
        Ok(match row.count("passkeys")? {
            _ if is_registered => Obstacle::Registered,
            count if count >= MAX_PASSKEYS => Obstacle::TooMany,
            _ => Obstacle::Other,
        })
    })?;
    Ok(obstacle.unwrap_or(Obstacle::Other))
}
