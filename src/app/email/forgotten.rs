//! Sends a link to a user who has forgotten the password. The user is looked up after the response, so neither the bytes nor the time
//! of the response depends on the name. For a name that no user has, the same rows are written.

use super::{Message, OneTimeSecret, Recipient, budget, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::names::{self, LoginName};
use crate::runtime::{log, timeout};
use crate::store::email_requests::Admission;
use crate::store::password_links::{ForgottenUser, NewPasswordLink};
use std::rc::Rc;

/// Milliseconds after the response at which the work begins. A message takes more work than an unknown name. Without the delay,
/// this work could slow down the response, which is still being sent.
const DELAY_MS: u32 = 100;

/// Why no link is created, for the audit log.
#[derive(Clone, Copy)]
enum Refusal {
    UnknownName,
    Disabled,
    TooMany,
    NoEmail,
    Changed,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::UnknownName => "unknown name",
            Self::Disabled => "disabled",
            Self::TooMany => "too many messages",
            Self::NoEmail => "e-mail is disabled",
            Self::Changed => "changed meanwhile",
        }
    }
}

/// Sends a link to the user with this name, if there is one. `site` is the site of the client.
///
/// # Errors
/// `RateLimited` if the site has sent too many requests; `Store`.
pub async fn run(
    context: Rc<RequestContext>,
    client: ClientInfo,
    site: &str,
    typed: String,
) -> Result<(), AppError> {
    let app = context.app;
    let site = budget::of_site(app, site);
    let admission = app.email_requests.admit(&site, context.received_at).await?;
    if let Admission::Later(seconds) = admission {
        return Err(AppError::RateLimited(seconds));
    }
    let request = Request {
        context: Rc::clone(&context),
        client,
    };
    context.wait_until(async move {
        timeout::sleep(DELAY_MS).await;
        if request.finish(&typed).await.is_err() {
            log::email_failed("set_password", "not_prepared");
        }
    });
    Ok(())
}

struct Request {
    context: Rc<RequestContext>,
    client: ClientInfo,
}

impl Request {
    /// Creates and sends the link, or records why not.
    async fn finish(&self, typed: &str) -> Result<(), AppError> {
        let app = self.context.app;
        let name = LoginName::parse(typed);
        let (source, key) = match &name {
            Some(LoginName::Username(name)) => ("username", name.as_str()),
            Some(LoginName::Email(key)) => ("email", key.as_str()),
            None => ("other", names::trimmed(typed)),
        };
        let name_key = app.audit_keys.name_key(source, key);
        // No user has an empty name.
        let name = name.unwrap_or(LoginName::Username(String::new()));
        let user = app.password_links.forgotten_by(&name).await?;
        let budget = match &user {
            Some(user) => budget::requested(app, &user.email_key),
            None => budget::of_unknown_name(&name_key),
        };
        let admission = app
            .email_requests
            .admit(&budget, self.context.now())
            .await?;
        let refusal = match &user {
            None => Refusal::UnknownName,
            Some(user) if !user.is_active => Refusal::Disabled,
            Some(_) if app.outbox.is_none() => Refusal::NoEmail,
            Some(_) if admission != Admission::Admitted => Refusal::TooMany,
            Some(user) if self.send(user).await? => return Ok(()),
            Some(_) => Refusal::Changed,
        };
        let entry = self
            .client
            .entry(&self.context, Kind::PasswordLinkRefused)?;
        let entry = match user {
            Some(user) => entry.about(user.id),
            None => entry.about_name(name_key),
        };
        let entry = self.context.sign(entry.detail(refusal.as_str()));
        Ok(app.password_links.refuse(&entry).await?)
    }

    /// False if the user was changed meanwhile.
    async fn send(&self, user: &ForgottenUser) -> Result<bool, AppError> {
        let app = self.context.app;
        let secret = OneTimeSecret::new()?;
        let created = self
            .client
            .entry(&self.context, Kind::PasswordLinkCreated)?;
        let created = created.about(user.id).detail("forgotten");
        let created = self.context.sign(created);
        let link = NewPasswordLink {
            id: &secret.id(),
            user: user.id,
            sent_to: &user.email,
            now: self.context.now(),
            created: &created,
        };
        if !app.password_links.add(&link).await? {
            return Ok(false);
        }
        let recipient = Recipient {
            user: user.id,
            name: user.name.clone(),
            address: user.email.clone(),
        };
        let link = secret.link(&app.config.tokens.issuer, "set-password");
        let message = Message::SetPassword { link };
        post(&self.context, &self.client, recipient, message);
        Ok(true)
    }
}
