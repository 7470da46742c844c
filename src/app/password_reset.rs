//! Sets the password of the user whose one-time link is presented.

use super::attempt_retries::Retries;
use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::email::{Recipient, notices};
use super::error::AppError;
use super::hash_slots::{self, Claim, Slot};
use super::sessions::revoke_cached;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::password::Password;
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::domain::password_policy::{self, OwnNames, PolicyError};
use crate::runtime::random;
use crate::store::password_links::{Holder, PasswordSet};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::rc::Rc;

/// The outcome.
#[derive(Debug)]
pub enum PasswordReset {
    /// The password is set; all sessions and all other one-time links of the user are revoked.
    Set(Box<Holder>),
    /// The link is unknown, used or expired.
    InvalidLink,
    /// The policy refuses the password. The link can still be used.
    PasswordRefused(PolicyError),
    /// All hashing slots of this isolate are taken.
    Overloaded,
}

/// Sets the password.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: Rc<RequestContext>,
    client: ClientInfo,
    secret: &str,
    password: &str,
) -> Result<PasswordReset, AppError> {
    // White space is often copied along with the secret of a link.
    let id = fingerprint(names::trimmed(secret));
    let client = Rc::new(client);
    let mut retries = Retries::new();
    loop {
        let holder = context
            .app
            .password_links
            .holder(&id, context.received_at)
            .await?;
        let Some(holder) = holder else {
            return Ok(PasswordReset::InvalidLink);
        };
        let own = OwnNames {
            username: &holder.username,
            email: holder.email.as_deref(),
            name: &holder.name,
            organization: holder.organization.as_deref(),
        };
        let minimum = context.app.config.passwords.min_length;
        let password = match password_policy::check(password, minimum, &own) {
            Ok(password) => password,
            Err(error) => return Ok(PasswordReset::PasswordRefused(error)),
        };
        // A link may take the reserved slot, one request at a time: the first request to finish uses the link, and the
        // requests that waited find it used.
        let key = format!("link:{id}");
        let slot_holder = hash_slots::Holder {
            id: key.clone(),
            user: holder.id,
        };
        let claim = Claim {
            key,
            holder: Some(slot_holder),
        };
        if let Ok(slot) = context.slot(claim) {
            let link = Link {
                id,
                holder,
                password,
            };
            let work = set(Rc::clone(&context), client, link, slot);
            return work.await;
        }
        if !retries.wait().await {
            return Ok(PasswordReset::Overloaded);
        }
    }
}

/// A link, and the new password that the policy accepts.
struct Link {
    id: String,
    holder: Holder,
    password: Password,
}

/// Hashes the password and sets it, unless the link was used in the meantime.
async fn set(
    context: Rc<RequestContext>,
    client: Rc<ClientInfo>,
    link: Link,
    slot: Slot,
) -> Result<PasswordReset, AppError> {
    let hash = slot
        .hash(&link.password, link.holder.id, &context.app.peppers)
        .await?;
    drop(slot);
    let (holder, mark) = (
        link.holder,
        Base64UrlUnpadded::encode_string(&random::bytes::<16>()?),
    );
    let entry = |kind| {
        let entry = client.entry(&context, kind);
        entry.map(|entry| entry.by(holder.id).about(holder.id))
    };
    let entries = PasswordSet {
        password_set: context.sign(entry(Kind::PasswordSet)?.detail("link")),
        sessions_revoked: context.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
    };
    let links = &context.app.password_links;
    let revoked = links
        .set_password(
            &link.id,
            holder.id,
            &mark,
            &hash,
            context.received_at,
            &entries,
        )
        .await?;
    let Some(revoked) = revoked else {
        return Ok(PasswordReset::InvalidLink);
    };
    if let Some(address) = holder.email.clone() {
        let recipient = Recipient {
            user: holder.id,
            name: holder.name.clone(),
            address,
        };
        notices::password_set(&context, &client, recipient, holder.has_password);
    }
    revoke_cached(&context, &revoked).await;
    Ok(PasswordReset::Set(Box::new(holder)))
}
