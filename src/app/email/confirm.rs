//! Sets a new e-mail address with the link that was sent to it.

use super::{Message, OneTimeSecret, Recipient, link, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::store::email_links::Confirmation;

/// Sets the address of the link, if it was requested in this session. Returns the address; `None` if the link is not valid.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    secret: &str,
) -> Result<Option<String>, AppError> {
    let (app, user, now) = (context.app, session.user.id, context.received_at);
    let id = link::id_of(secret);
    let links = &app.email_links;
    let Some(addresses) = links.confirmable(&id, user, &session.id, now).await? else {
        return Ok(None);
    };
    let is_same = addresses.email_key == addresses.current_key;
    let revert = if is_same {
        None
    } else {
        Some(OneTimeSecret::new()?)
    };
    let revert_id = revert.as_ref().map(OneTimeSecret::id);
    let entry = client.entry(context, Kind::EmailChanged)?;
    let detail = if is_same {
        "same address"
    } else {
        "new address"
    };
    let entry = entry.by(user).about(user).of_session(&session.id);
    let entry = context.sign(entry.detail(detail));
    let confirmation = Confirmation {
        link: &id,
        user,
        session: &session.id,
        addresses: &addresses,
        revert_link: revert_id.as_deref(),
        now,
        entry: &entry,
    };
    if !links.confirm(&confirmation).await? {
        return Ok(None);
    }
    // The cached session of the caller has the earlier address.
    let cache = &app.session_cache;
    cache.forget(&[session.clone().into()], now).await;
    if let Some(revert) = revert {
        // This message has no budget. The number of changes is limited instead.
        let recipient = Recipient {
            user,
            name: session.user.name.clone(),
            address: addresses.current,
        };
        let link = revert.link(&app.config.tokens.issuer, "revert-email");
        let message = Message::AddressChanged { link, at: now };
        post(context, client, recipient, message);
    }
    Ok(Some(addresses.email))
}
