//! The link that sets the password of a user: sent to the user, or shown to the administrator if it cannot be sent. The response waits
//! for the delivery, because the administrator has to know whether the user gets a message.
//!
//! The messages count towards the budget of the address, which any client can use up at `/forgot-password`. The link is shown then, so
//! that no client can keep an administrator from creating a user or resetting a password.

use super::{Administration, Failure};
use crate::app::email::{Message, OneTimeSecret, Outgoing, Recipient, deliver, requested};
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::administration::Action;
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::store::email_requests::Admission;
use crate::store::password_links::{AdministeredLink, PASSWORD_LINK_SECONDS};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The detail of the entry of a link that is shown.
pub(super) const SHOWN: &str = "link_shown";

/// How the user gets a link.
#[derive(Debug)]
pub enum Delivery {
    /// It was sent.
    Sent,
    /// The administrator passes it on.
    Shown(Secret),
}

/// A new link.
#[derive(Debug)]
pub struct IssuedLink {
    /// How the user gets it.
    pub delivery: Delivery,
    /// The end of its lifetime.
    pub expires_at: Timestamp,
}

impl Administration<'_> {
    /// Creates a link with which a user can set a password.
    ///
    /// # Errors
    /// The errors of [`Administration::target`], and `UserDisabled`.
    pub async fn reset_password(&self, id: Uuid) -> Result<IssuedLink, Failure> {
        let user = self.target(id, Action::ResetPassword).await?;
        if !user.is_active {
            return Err(Failure::UserDisabled);
        }
        let address = user.email.clone().unwrap_or_default();
        let email = names::email(&address).ok();
        let sends = match email {
            Some(email) => self.may_send(email.key()).await?,
            None => false,
        };
        let secret = OneTimeSecret::new()?;
        let detail = if sends { "reset" } else { SHOWN };
        let entry = self.entry(Kind::PasswordLinkCreated, user.id)?;
        let now = self.context.now();
        let link = AdministeredLink {
            id: &secret.id(),
            user: user.id,
            actor: self.actor.id,
            sent_to: sends.then_some(address.as_str()),
            now,
            created: &self.context.sign(entry.detail(detail)),
        };
        if !self
            .context
            .app
            .password_links
            .add_administered(&link)
            .await?
        {
            return Err(Failure::NotPermitted);
        }
        let recipient = sends.then_some(Recipient {
            user: user.id,
            name: user.name,
            address,
        });
        let link = self.link(&secret);
        let message = Message::SetPassword { link };
        Ok(IssuedLink {
            delivery: self.deliver(user.id, &secret, recipient, message).await?,
            expires_at: now.plus(PASSWORD_LINK_SECONDS),
        })
    }

    /// Whether a message may be sent to an address, which is then counted.
    ///
    /// # Errors
    /// `Store`.
    pub(super) async fn may_send(&self, email_key: &str) -> Result<bool, AppError> {
        let app = self.context.app;
        if app.outbox.is_none() {
            return Ok(false);
        }
        let budget = requested(app, email_key);
        let now = self.context.now();
        let admission = app.email_requests.admit(&budget, now).await?;
        Ok(admission == Admission::Admitted)
    }

    /// The link with this secret, to the page of `PASSWORD_LINK_URL` or of this service.
    pub(super) fn link(&self, secret: &OneTimeSecret) -> Secret {
        let config = &self.context.app.config;
        match &config.passwords.link_url {
            Some(page) => secret.link_to(page),
            None => secret.link(&config.tokens.issuer, "set-password"),
        }
    }

    /// Sends the message with a link. If there is no recipient or the message is not sent, returns the link to be shown, and records that.
    ///
    /// # Errors
    /// `Store`, `Runtime`; then the link is not shown.
    pub(super) async fn deliver(
        &self,
        user: Uuid,
        secret: &OneTimeSecret,
        recipient: Option<Recipient>,
        message: Message,
    ) -> Result<Delivery, AppError> {
        let Some(recipient) = recipient else {
            return Ok(Delivery::Shown(self.link(secret)));
        };
        let app = self.context.app;
        if deliver(app, Outgoing::new(self.client, recipient, message)).await {
            return Ok(Delivery::Sent);
        }
        let entry = self.entry(Kind::PasswordLinkCreated, user)?.detail(SHOWN);
        let (id, now) = (secret.id(), self.context.now());
        let is_shown = app
            .password_links
            .show(&id, now, &self.context.sign(entry))
            .await?;
        // The user has used the link meanwhile, so the message has arrived although the call failed.
        Ok(if is_shown {
            Delivery::Shown(self.link(secret))
        } else {
            Delivery::Sent
        })
    }
}
