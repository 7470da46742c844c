//! Completes a pending sign-in with a passkey, or adds the first passkey in it.

use super::authenticate::{self, Checked};
use super::ceremony::{self, Use};
use super::options::{self, CreationOptions, RequestOptions, With};
use super::register::{self, SentRegistration};
use super::sign_in::SentPasskey;
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::app::second_factor::verify::{Claimed, PendingClient, Verified, claim, complete};
use crate::crypto::fingerprint::fingerprint;
use crate::domain::audit::Kind;
use crate::store::factors::{NewFactor, Shown, VerifiedFactor};
use crate::store::pending_sign_ins::PendingCheck;
use uuid::Uuid;

/// The options of a pending sign-in, or why there are none.
#[derive(Debug)]
pub enum Prepared<O> {
    /// The options.
    Yes(Box<With<O>>),
    /// The user has a factor already.
    HasFactor,
    /// The sign-in cannot be completed.
    No(Verified),
}

/// The options with which a passkey of the user completes a pending sign-in.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn request_options(
    context: &RequestContext,
    sender: &PendingClient,
) -> Result<Prepared<RequestOptions>, AppError> {
    let pending = match claim(context, sender, PendingCheck::Nothing).await? {
        Claimed::Yes(pending) => pending,
        Claimed::No(verified) => return Ok(Prepared::No(verified)),
    };
    let id = fingerprint(sender.secret.reveal());
    let user = Some(pending.user.id);
    let options = options::request(context, user, Use::SecondFactor(&id)).await?;
    Ok(Prepared::Yes(Box::new(options)))
}

/// The options with which a user who has no factor adds a passkey in a pending sign-in.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn creation_options(
    context: &RequestContext,
    sender: &PendingClient,
) -> Result<Prepared<CreationOptions>, AppError> {
    let pending = match claim(context, sender, PendingCheck::Nothing).await? {
        Claimed::Yes(pending) => pending,
        Claimed::No(verified) => return Ok(Prepared::No(verified)),
    };
    if pending.codes.has_factor {
        return Ok(Prepared::HasFactor);
    }
    let id = fingerprint(sender.secret.reveal());
    let options = options::creation(context, &pending.user, Use::Enrolment(&id)).await?;
    Ok(Prepared::Yes(Box::new(options)))
}

/// Completes a pending sign-in with a passkey of its user.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_passkey(
    context: &RequestContext,
    client: &ClientInfo,
    sender: PendingClient,
    sent: &SentPasskey,
) -> Result<Verified, AppError> {
    let pending = match claim(context, &sender, PendingCheck::Passkey).await? {
        Claimed::Yes(pending) => *pending,
        Claimed::No(verified) => return Ok(verified),
    };
    let (id, user) = (fingerprint(sender.secret.reveal()), pending.user.id);
    let challenge = ceremony::challenge(context, Use::SecondFactor(&id), &sent.state);
    let (Some(challenge), Some(response)) = (challenge, &sent.response) else {
        refuse(context, client, user, "passkey: not for this sign-in").await?;
        return Ok(Verified::Wrong);
    };
    match authenticate::check(context, response, &challenge, Some(user)).await? {
        Checked::Valid(valid) => {
            let shown = Shown::Used(VerifiedFactor::Passkey(valid.used));
            complete(context, client, sender, pending, shown).await
        }
        Checked::Unknown => {
            authenticate::spend(context, client, &challenge, None).await?;
            refuse(context, client, user, "passkey: unknown").await?;
            Ok(Verified::Wrong)
        }
        Checked::Refused(refusal, owner) => {
            authenticate::spend(context, client, &challenge, Some((refusal, &owner))).await?;
            refuse(context, client, user, &format!("passkey: {refusal}")).await?;
            Ok(Verified::Wrong)
        }
    }
}

/// Adds the first passkey of the user and completes the pending sign-in.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_new_passkey(
    context: &RequestContext,
    client: &ClientInfo,
    sender: PendingClient,
    sent: SentRegistration,
) -> Result<Verified, AppError> {
    let pending = match claim(context, &sender, PendingCheck::Passkey).await? {
        Claimed::Yes(pending) => *pending,
        Claimed::No(verified) => return Ok(verified),
    };
    let (id, user) = (fingerprint(sender.secret.reveal()), pending.user.id);
    if pending.codes.has_factor {
        return Ok(Verified::Expired);
    }
    let Some(new) = register::verified(context, Use::Enrolment(&id), sent).await? else {
        refuse(context, client, user, "passkey: not a valid registration").await?;
        return Ok(Verified::Wrong);
    };
    let shown = Shown::Added(NewFactor::Passkey(Box::new(new)));
    complete(context, client, sender, pending, shown).await
}

/// Records that a passkey was refused. At most five factors are checked per pending sign-in, which bounds the number of entries.
async fn refuse(
    context: &RequestContext,
    client: &ClientInfo,
    user: Uuid,
    detail: &str,
) -> Result<(), AppError> {
    let entry = client.entry(context, Kind::FactorFailed)?.about(user);
    context
        .record(entry.detail(format!("sign-in: {detail}")))
        .await
}
