//! Requests a change of the e-mail address. The address changes when the user opens the link that is sent to it.

use super::{Message, OneTimeSecret, Recipient, budget, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::{Kind, Signed};
use crate::domain::names::Email;
use crate::domain::session::SessionRecord;
use crate::store::email_links::{AddressState, NewConfirmLink};
use crate::store::email_requests::Admission;

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// A link is sent, unless another user has the address, who is then told.
    Requested,
    /// An identity source provides the address of this user.
    OfIdentitySource,
    /// The service sends no e-mail.
    NoEmail,
    /// The user was disabled meanwhile.
    SessionEnded,
}

/// Requests the change.
///
/// # Errors
/// `RateLimited` if the user has asked too often; `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    email: &Email,
) -> Result<EmailChange, AppError> {
    let (app, user) = (context.app, session.user.id);
    if app.outbox.is_none() {
        return Ok(EmailChange::NoEmail);
    }
    let now = context.received_at;
    let changes = budget::changes(user);
    let state = app.email_links.state_of(user, email, &changes, now).await?;
    let (budget, taken_by) = match state {
        AddressState::OfIdentitySource => return Ok(EmailChange::OfIdentitySource),
        AddressState::Later(seconds) => return Err(AppError::RateLimited(seconds)),
        AddressState::Free => (budget::requested(app, email.key()), None),
        AddressState::Taken(address) => (budget::address_taken(app, email), Some(address)),
    };
    let admission = app.email_requests.admit(&budget, now).await?;
    // The entry is the same for a free and for a taken address, and so is the response.
    let entry = client.entry(context, Kind::EmailChangeRequested)?;
    let entry = context.sign(entry.by(user).about(user).of_session(&session.id));
    let recipient = |address: String| Recipient {
        user,
        name: session.user.name.clone(),
        address,
    };
    if let Some(address) = taken_by {
        app.email_links.record(&entry).await?;
        if admission == Admission::Admitted {
            post(context, client, recipient(address), Message::AddressTaken);
        }
        return Ok(EmailChange::Requested);
    }
    if admission != Admission::Admitted {
        app.email_links.record(&entry).await?;
        return Ok(EmailChange::Requested);
    }
    let Some(message) = add_link(context, session, email, &entry).await? else {
        return Ok(EmailChange::SessionEnded);
    };
    post(
        context,
        client,
        recipient(email.as_str().to_owned()),
        message,
    );
    Ok(EmailChange::Requested)
}

/// `None` if the user was disabled meanwhile.
async fn add_link(
    context: &RequestContext,
    session: &SessionRecord,
    email: &Email,
    entry: &Signed,
) -> Result<Option<Message>, AppError> {
    let app = context.app;
    let secret = OneTimeSecret::new()?;
    let is_added = app
        .email_links
        .add_confirm_link(&NewConfirmLink {
            user: session.user.id,
            session: &session.id,
            id: &secret.id(),
            email,
            now: context.received_at,
            entry,
        })
        .await?;
    let link = secret.link(&app.config.tokens.issuer, "confirm-email");
    Ok(is_added.then_some(Message::ConfirmAddress { link }))
}
