//! Assertions: the response to `navigator.credentials.get()` (section 7.2).

use super::authenticator_data::AuthenticatorData;
use super::cose::PublicKey;
use super::credential::AssertionResponse;
use super::{Ceremony, Refusal, Signed, client_data};

/// What is stored about a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The key.
    pub public_key: PublicKey,
    /// The counter of the last use.
    pub sign_count: u32,
    /// Whether the passkey may be copied to other devices.
    pub is_backup_eligible: bool,
    /// The user handle, which was `user.id` at the registration.
    pub user_handle: [u8; 16],
}

/// A use of a passkey. The caller must verify [`Self::signed`] before it uses another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What the passkey has signed.
    pub signed: Signed,
    /// Whether the passkey has been copied to other devices.
    pub is_backed_up: bool,
    sign_count: u32,
    stored_sign_count: u32,
}

impl Assertion {
    /// Checks a response. The caller found `stored` by the id of the response.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub fn read(
        response: &AssertionResponse,
        stored: &Stored,
        ceremony: &Ceremony<'_>,
    ) -> Result<Self, Refusal> {
        if let Some(handle) = &response.user_handle
            && *handle != stored.user_handle
        {
            return Err(Refusal::User);
        }
        client_data::check(&response.client_data, client_data::GET, ceremony)?;
        let data = AuthenticatorData::read(&response.authenticator_data, ceremony)?;
        if data.is_backup_eligible != stored.is_backup_eligible {
            return Err(Refusal::Backup);
        }
        Ok(Self {
            signed: Signed::new(
                stored.public_key.clone(),
                &response.authenticator_data,
                &response.client_data,
                &response.signature,
            )?,
            is_backed_up: data.is_backed_up,
            sign_count: data.sign_count,
            stored_sign_count: stored.sign_count,
        })
    }

    /// The counter to store (section 7.2 step 22). Before the signature is verified, the counter has no meaning, because any client can
    /// write any counter.
    ///
    /// # Errors
    /// `Counter` if it did not grow, unless both are 0, which means that the authenticator has no counter.
    pub fn sign_count(&self) -> Result<u32, Refusal> {
        if self.sign_count > self.stored_sign_count
            || (self.sign_count == 0 && self.stored_sign_count == 0)
        {
            Ok(self.sign_count)
        } else {
            Err(Refusal::Counter)
        }
    }
}
