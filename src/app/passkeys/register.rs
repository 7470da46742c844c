//! Adds, renames and deletes passkeys of a signed-in user.

use super::ceremony::{self, Use};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::app::second_factor::{enrol, rules};
use crate::crypto::secret::Secret;
use crate::domain::audit::{Kind, Signed};
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::session::SessionRecord;
use crate::domain::webauthn::credential::AttestationResponse;
use crate::domain::webauthn::{Ceremony, Refusal, Registration};
use crate::runtime::{StoreError, random, signatures};
use crate::store::factors::{self, FactorWrites, NewFactor};
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
    /// It is added. Holds the recovery codes, if it is the first factor.
    Yes(Box<Passkey>, Option<Vec<Secret>>),
    /// The response is not valid, or its challenge was used.
    Invalid,
    /// The passkey is registered already.
    Registered,
    /// The user has too many.
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

async fn verify(
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
    let (database, user, now) = (context.app.database, &session.user, context.now());
    let r#use = Use::Registration(&session.id);
    let Some(new) = verified(context, r#use, sent).await? else {
        return Ok(Added::Invalid);
    };
    let codes = if session.has_factor {
        Vec::new()
    } else {
        enrol::recovery_codes()?
    };
    let mut entries = vec![entry(context, client, session, Kind::PasskeyAdded)?];
    if !codes.is_empty() {
        entries.push(entry(context, client, session, Kind::RecoveryCodesCreated)?);
    }
    let passkey = Passkey::new(&new, now);
    let added = NewFactor::Passkey(Box::new(new));
    let writes = FactorWrites {
        used: None,
        added: Some(&added),
        recovery_codes: &enrol::hashes(&codes, user.id),
        entries: &entries,
    };
    match factors::add(database, session, &writes, now).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => return obstacle(context, &added, user.id).await,
        Err(error) => return Err(error.into()),
    }
    notices::factor(context, client, user, FactorEvent::PasskeyAdded);
    let codes = (!codes.is_empty()).then(|| codes.iter().map(RecoveryCode::shown).collect());
    Ok(Added::Yes(Box::new(passkey), codes))
}

async fn obstacle(
    context: &RequestContext,
    added: &NewFactor,
    user: Uuid,
) -> Result<Added, AppError> {
    let NewFactor::Passkey(new) = added else {
        return Ok(Added::Invalid);
    };
    let database = context.app.database;
    // Nothing was written, so this spends the challenge, unless it was used before.
    if !new.challenge.spend(database).await? {
        return Ok(Added::Invalid);
    }
    Ok(match passkeys::obstacle(database, new, user).await? {
        Obstacle::Registered => Added::Registered,
        Obstacle::TooMany => Added::TooMany,
        Obstacle::Other => Added::Invalid,
    })
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
    let entry = entry(context, client, session, Kind::PasskeyRemoved)?;
    let passkey = (user.id, id);
    let deleted = passkeys::delete(context.app.database, passkey, is_demanded, &entry).await?;
    if deleted == Deleted::Yes {
        notices::factor(context, client, user, FactorEvent::PasskeyRemoved);
    }
    Ok(deleted)
}

fn entry(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    kind: Kind,
) -> Result<Signed, AppError> {
    let user = session.user.id;
    let entry = client.entry(context, kind)?;
    Ok(context.sign(entry.by(user).about(user).of_session(&session.id)))
}
