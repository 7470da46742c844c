//! Requests a change of the e-mail address. The address changes when the user opens the link that is sent to it.

use super::{Message, OneTimeSecret, Recipient, budget, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::Kind;
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
    /// The user, the password or the session was changed meanwhile.
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
    let now = context.now();
    let changes = budget::changes(user);
    let taken_by = match app.email_links.state_of(user, email, &changes, now).await? {
        AddressState::OfIdentitySource => return Ok(EmailChange::OfIdentitySource),
        AddressState::Later(seconds) => return Err(AppError::RateLimited(seconds)),
        AddressState::Free => None,
        AddressState::Taken(address) => Some(address),
    };
    // A taken address gets a link as well, with a secret that is not sent. The writes and the audit entry are the same for each
    // address, so they do not show whether it is taken.
    let secret = OneTimeSecret::new()?;
    let entry = client.entry(context, Kind::EmailChangeRequested)?;
    let entry = context.sign(entry.in_own_session(session));
    let link = NewConfirmLink {
        session,
        id: &secret.id(),
        email,
        now,
        entry: &entry,
    };
    if !app.email_links.add_confirm_link(&link).await? {
        return Ok(EmailChange::SessionEnded);
    }
    let (budget, address, message) = match taken_by {
        None => {
            let link = secret.link(&app.config.tokens.issuer, "confirm-email");
            let message = Message::ConfirmAddress { link };
            let address = email.as_str().to_owned();
            (budget::requested(app, email.key()), address, message)
        }
        Some(address) => {
            let budget = budget::address_taken(app, email);
            (budget, address, Message::AddressTaken)
        }
    };
    if app.email_requests.admit(&budget, now).await? == Admission::Admitted {
        let recipient = Recipient {
            user,
            name: session.user.name.clone(),
            address,
        };
        post(context, client, recipient, message);
    }
    Ok(EmailChange::Requested)
}
