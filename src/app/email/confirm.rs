//! Sets a new e-mail address with the link that was sent to it.

use super::message::Restore;
use super::{Message, OneTimeSecret, Recipient, link, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::domain::session::SessionRecord;
use crate::store::email_links::{Confirmable, Confirmation, NewRevertLink, REVERT_LINK_SECONDS};
use crate::timestamp::Timestamp;

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
    let (app, user, now) = (context.app, session.user.id, context.now());
    let id = link::id_of(secret);
    let links = &app.email_links;
    let Some(addresses) = links.confirmable(&id, user, &session.id, now).await? else {
        return Ok(None);
    };
    let plan = Plan::of(&addresses, now)?;
    let entry = client.entry(context, Kind::EmailChanged)?;
    let entry = entry.in_own_session(session).detail(plan.detail());
    let entry = context.sign(entry);
    let confirmation = Confirmation {
        link: &id,
        session,
        addresses: &addresses,
        revert_link: plan.revert.as_ref().map(|(_, link)| link),
        restores: plan.restores,
        now,
        entry: &entry,
    };
    if !links.confirm(&confirmation).await? {
        return Ok(None);
    }
    // The cached session of the caller has the earlier address.
    let cache = &app.session_cache;
    cache.forget(&[session.clone().into()], now).await;
    if !plan.is_same {
        // This message has no budget. The number of changes is limited instead.
        let recipient = Recipient {
            user,
            name: session.user.name.clone(),
            address: addresses.current,
        };
        let restore = plan.revert.map(|(secret, link)| Restore {
            link: secret.link(&app.config.tokens.issuer, "revert-email"),
            until: link.expires_at,
        });
        let message = Message::AddressChanged { restore, at: now };
        post(context, client, recipient, message);
    }
    Ok(Some(addresses.email))
}

/// What a confirmation does besides setting the new address.
struct Plan {
    /// Whether the new address is the current one.
    is_same: bool,
    /// The number of the link that could restore the new address. Then the user goes back to an earlier address, and the address that is
    /// replaced, which may be that of an attacker, gets no link.
    restores: Option<u32>,
    /// The link that restores the current address.
    revert: Option<(OneTimeSecret, NewRevertLink)>,
}

impl Plan {
    /// Two spellings are two addresses, because messages go to the address as it is spelled.
    fn of(addresses: &Confirmable, now: Timestamp) -> Result<Self, AppError> {
        let new = mailbox(&addresses.email);
        let is_same = new == mailbox(&addresses.current);
        let links = &addresses.revert_links;
        let earlier_link = links.iter().find(|link| mailbox(&link.email) == new);
        let restores = earlier_link.map(|link| link.number);
        let revert = if is_same || restores.is_some() {
            None
        } else {
            let secret = OneTimeSecret::new()?;
            let id = secret.id();
            // The links of earlier addresses are extended to this time.
            let expires_at = now.plus(REVERT_LINK_SECONDS);
            Some((secret, NewRevertLink { id, expires_at }))
        };
        Ok(Self {
            is_same,
            restores,
            revert,
        })
    }

    /// The detail in the audit log.
    fn detail(&self) -> &'static str {
        match (self.is_same, self.restores) {
            (true, _) => "same address",
            (false, Some(_)) => "earlier address",
            (false, None) => "new address",
        }
    }
}

/// The mailbox of an address that is stored.
fn mailbox(address: &str) -> String {
    names::email(address).map_or_else(|_| address.to_owned(), |email| email.mailbox())
}
