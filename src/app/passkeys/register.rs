//! Adds and deletes passkeys of a signed-in user.

use super::ceremony::{self, Use};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::app::second_factor::{add, rules};
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::domain::webauthn::credential::AttestationResponse;
use crate::domain::webauthn::{Ceremony, Refusal, Registration};
use crate::runtime::{StoreError, random, signatures};
use crate::store::factors::NewFactor;
use crate::store::passkeys::{self, Deleted, NewPasskey, Obstacle, Passkey};
use uuid::Uuid;

/// A registration as a client sends it.
#[derive(Debug)]
pub struct SentRegistration {
    /// The sealed challenge.
    pub state: Secret,
    /// The response of the authenticator; `None` if it cannot be read.
    pub response: Option<AttestationResponse>,
    /// The name of the passkey.
    pub name: String,
}

/// The outcome of a registration.
#[derive(Debug)]
pub enum Added {
    /// The passkey is added. Holds the recovery codes, if it is the first factor of the user.
    Yes(Box<Passkey>, Option<Vec<Secret>>),
    /// The response is not valid, or its challenge was used.
    Invalid,
    /// The passkey is registered already.
    Registered,
    /// The user has too many passkeys.
    TooMany,
}

/// The passkey of a registration; `None` if the registration is not valid. Its challenge may have been used before.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn verified(
    context: &RequestContext,
    r#use: Use<'_>,
    sent: SentRegistration,
) -> Result<Option<NewPasskey>, AppError> {
    let challenge = ceremony::challenge(context, r#use, &sent.state);
    let (Some(challenge), Some(response)) = (challenge, sent.response) else {
        return Ok(None);
    };
    let Ok(registration) = verify(&response, &challenge.ceremony(context)).await else {
        challenge.used.spend(context.app.database).await?;
        return Ok(None);
    };
    Ok(Some(NewPasskey {
        id: random::uuid()?,
        registration,
        name: sent.name,
        transports: response.transports,
        challenge: challenge.used,
    }))
}

/// Verifies a response, with its signature if it has one.
///
/// # Errors
/// The [`Refusal`].
pub async fn verify(
    response: &AttestationResponse,
    ceremony: &Ceremony<'_>,
) -> Result<Registration, Refusal> {
    let registration = Registration::read(response, ceremony)?;
    signatures::check_key(&registration.public_key).await?;
    if let Some(signed) = &registration.signed {
        signatures::verify(signed).await?;
    }
    Ok(registration)
}

/// Adds a passkey to the user of a session.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn add(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    sent: SentRegistration,
) -> Result<Added, AppError> {
    let r#use = Use::Registration(&session.id);
    let Some(new) = verified(context, r#use, sent).await? else {
        return Ok(Added::Invalid);
    };
    let passkey = Passkey::new(&new, context.now());
    let added = NewFactor::Passkey(Box::new(new.clone()));
    match add::in_session(context, client, session, added).await {
        Ok(codes) => Ok(Added::Yes(Box::new(passkey), codes)),
        Err(AppError::Store(StoreError::Conflict)) => obstacle(context, &new, session).await,
        Err(error) => Err(error),
    }
}

async fn obstacle(
    context: &RequestContext,
    new: &NewPasskey,
    session: &SessionRecord,
) -> Result<Added, AppError> {
    let database = context.app.database;
    // The batch was rolled back, so the challenge has not been spent by it.
    if !new.challenge.spend(database).await? {
        return Ok(Added::Invalid);
    }
    Ok(
        match passkeys::obstacle(database, new, session.user.id).await? {
            Obstacle::Registered => Added::Registered,
            Obstacle::TooMany => Added::TooMany,
            Obstacle::Other => Added::Invalid,
        },
    )
}

/// Deletes a passkey of the user of a session.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn delete(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    id: Uuid,
) -> Result<Deleted, AppError> {
    let user = &session.user;
    let is_demanded = rules(context, user.role).is_demanded;
    let entry = client.entry(context, Kind::PasskeyRemoved)?;
    let entry = context.sign(entry.in_own_session(session));
    let (database, now) = (context.app.database, context.now());
    let deleted = passkeys::delete(database, (session, id), is_demanded, now, &entry).await?;
    if deleted == Deleted::Yes {
        notices::factor(context, client, user, FactorEvent::PasskeyRemoved);
    }
    Ok(deleted)
}
