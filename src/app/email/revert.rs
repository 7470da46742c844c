//! Restores the earlier e-mail address of a user with the link that was sent to it when the address was changed.

use super::{Message, OneTimeSecret, Recipient, link, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::sessions::revoke_cached;
use crate::domain::audit::Kind;
use crate::store::email_links::{Reversal, Reverted};

/// Restores the address, revokes all sessions and links, removes the password, and sends the restored address a link that sets a
/// new one. False if the link is not valid.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    client: &ClientInfo,
    secret: &str,
) -> Result<bool, AppError> {
    let (app, now) = (context.app, context.received_at);
    let id = link::id_of(secret);
    let Some(found) = app.email_links.revertible(&id, now).await? else {
        return Ok(false);
    };
    let user = found.user;
    let signed = |kind, detail| {
        let entry = client.entry(context, kind)?;
        Ok::<_, AppError>(context.sign(entry.by(user).about(user).detail(detail)))
    };
    let secret = OneTimeSecret::new()?;
    let reversal = Reversal {
        link: &id,
        found: &found,
        password_link: &secret.id(),
        now,
        reverted: &signed(Kind::EmailReverted, "link")?,
        link_created: &signed(Kind::PasswordLinkCreated, "email_reverted")?,
        sessions_revoked: &signed(Kind::SessionRevoked, "email_reverted")?,
    };
    let Reverted::Done(revoked) = app.email_links.revert(&reversal).await? else {
        return Ok(false);
    };
    let recipient = |address: &str| Recipient {
        user,
        name: found.name.clone(),
        address: address.to_owned(),
    };
    let link = secret.link(&app.config.tokens.issuer, "set-password");
    let restored = Message::AddressRestored { link };
    post(context, client, recipient(&found.email), restored);
    if found.current != found.email {
        // Without a link: its owner may be the attacker who changed the address.
        let replaced = Message::AddressReplaced;
        post(context, client, recipient(&found.current), replaced);
    }
    revoke_cached(context, &revoked).await;
    Ok(true)
}
