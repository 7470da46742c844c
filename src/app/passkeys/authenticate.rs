//! Checks the response of an authenticator to `navigator.credentials.get()`.

use super::ceremony::Challenge;
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::user::User;
use crate::domain::webauthn::credential::AssertionResponse;
use crate::domain::webauthn::{Assertion, Ceremony, Refusal, Stored};
use crate::runtime::signatures;
use crate::store::passkeys::{self, StoredPasskey, UsedPasskey};
use uuid::Uuid;

/// A passkey whose response is valid.
#[derive(Debug)]
pub struct ValidPasskey {
    /// Its use, which is not recorded yet.
    pub used: UsedPasskey,
    /// Its user.
    pub user: User,
    /// Whether an identity source provides the user.
    pub is_federated: bool,
}

/// The outcome of a check.
#[derive(Debug)]
pub enum Checked {
    /// The response is valid. It is accepted only if the writes that record its use succeed.
    Valid(Box<ValidPasskey>),
    /// No user has this passkey.
    Unknown,
    /// The response is not valid for the passkey of this user.
    Refused(Refusal, Box<User>),
}

/// Checks a response. `user` is `None` if only the response identifies the user. It must then name the user (section 7.2 step 6).
///
/// # Errors
/// `Store`.
pub async fn check(
    context: &RequestContext,
    response: &AssertionResponse,
    challenge: &Challenge,
    user: Option<Uuid>,
) -> Result<Checked, AppError> {
    let found = passkeys::find(context.app.database, &response.id).await?;
    let Some(passkey) = found.filter(|found| user.is_none_or(|user| user == found.user.id)) else {
        return Ok(Checked::Unknown);
    };
    if user.is_none() && response.user_handle.is_none() {
        return Ok(Checked::Refused(Refusal::User, Box::new(passkey.user)));
    }
    let StoredPasskey {
        id,
        stored,
        user,
        is_federated,
    } = passkey;
    let verified = async {
        let verified = verify(response, &stored, &challenge.ceremony(context)).await?;
        Ok(UsedPasskey {
            id,
            stored_sign_count: stored.sign_count,
            sign_count: verified.sign_count,
            is_backed_up: verified.is_backed_up,
            challenge: challenge.used.clone(),
        })
    };
    Ok(match verified.await {
        Ok(passkey) => Checked::Valid(Box::new(ValidPasskey {
            used: passkey,
            user,
            is_federated,
        })),
        Err(refusal) => Checked::Refused(refusal, Box::new(user)),
    })
}

/// What a valid response changes in the stored passkey.
#[derive(Debug)]
pub struct Verified {
    /// The new value of the counter.
    pub sign_count: u32,
    /// Whether the passkey has been copied to other devices.
    pub is_backed_up: bool,
}

/// Verifies a response for a stored passkey, with its signature and its counter.
///
/// # Errors
/// The [`Refusal`].
pub async fn verify(
    response: &AssertionResponse,
    stored: &Stored,
    ceremony: &Ceremony<'_>,
) -> Result<Verified, Refusal> {
    let assertion = Assertion::read(response, stored, ceremony)?;
    signatures::verify(&assertion.signed).await?;
    Ok(Verified {
        sign_count: assertion.sign_count()?,
        is_backed_up: assertion.is_backed_up,
    })
}

/// Spends the challenge of a response that was refused. If the passkey may have been copied, records that and tells the user.
/// Returns false if the challenge was used before. Nothing is recorded then, because nothing new is known.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn spend(
    context: &RequestContext,
    client: &ClientInfo,
    challenge: &Challenge,
    refused: Option<(Refusal, &User)>,
) -> Result<bool, AppError> {
    let is_new = challenge.used.spend(context.app.database).await?;
    if let Some((Refusal::Counter, user)) = refused
        && is_new
    {
        let entry = client.entry(context, Kind::PasskeyCloned)?.about(user.id);
        context.record_refused(client, entry).await?;
        notices::factor(context, client, user, FactorEvent::PasskeyCloned);
    }
    Ok(is_new)
}
