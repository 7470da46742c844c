//! Sends a link to a user who has forgotten the password. The link is created after the response, so neither the bytes nor the time
//! of the response depends on the name. For a name that no user has, the same rows are written.

use super::{Message, OneTimeSecret, Recipient, budget, post};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::audit::{Kind, Signed};
use crate::domain::names::{self, LoginName};
use crate::runtime::log;
use crate::store::email_requests::Admission;
use crate::store::password_links::{Forgotten, ForgottenUser, NewPasswordLink};
use std::rc::Rc;

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
    typed: &str,
) -> Result<(), AppError> {
    let app = context.app;
    let name = LoginName::parse(typed);
    let (source, key) = match &name {
        Some(LoginName::Username(name)) => ("username", name.as_str()),
        Some(LoginName::Email(key)) => ("email", key.as_str()),
        None => ("other", names::trimmed(typed)),
    };
    let name_key = app.audit_keys.name_key(source, key);
    // No user has an empty name.
    let name = name.unwrap_or(LoginName::Username(String::new()));
    let (site, now) = (budget::of_site(app, site), context.received_at);
    let user = match app.password_links.forgotten(&name, &site, now).await? {
        Forgotten::Later(seconds) => return Err(AppError::RateLimited(seconds)),
        Forgotten::Admitted(user) => user,
    };
    let request = Request {
        context: Rc::clone(&context),
        client,
        user,
        name_key,
    };
    context.wait_until(async move {
        if request.finish().await.is_err() {
            log::email_failed("set_password", "not_prepared");
        }
    });
    Ok(())
}

struct Request {
    context: Rc<RequestContext>,
    client: ClientInfo,
    user: Option<ForgottenUser>,
    /// The keyed hash of the typed name.
    name_key: String,
}

impl Request {
    /// Creates and sends the link, or records why not.
    async fn finish(&self) -> Result<(), AppError> {
        let app = self.context.app;
        let budget = match &self.user {
            Some(user) => budget::requested(app, &user.email_key),
            None => budget::of_unknown_name(&self.name_key),
        };
        let admission = app
            .email_requests
            .admit(&budget, self.context.now())
            .await?;
        let refusal = match &self.user {
            None => Refusal::UnknownName,
            Some(user) if !user.is_active => Refusal::Disabled,
            Some(_) if app.outbox.is_none() => Refusal::NoEmail,
            Some(_) if admission != Admission::Admitted => Refusal::TooMany,
            Some(user) if self.send(user).await? => return Ok(()),
            Some(_) => Refusal::Changed,
        };
        let entry = self.entry(Kind::PasswordLinkRefused, refusal.as_str())?;
        Ok(app.password_links.refuse(&entry).await?)
    }

    /// False if the user was changed meanwhile.
    async fn send(&self, user: &ForgottenUser) -> Result<bool, AppError> {
        let app = self.context.app;
        let secret = OneTimeSecret::new()?;
        let created = self.entry(Kind::PasswordLinkCreated, "forgotten")?;
        let link = NewPasswordLink {
            id: &secret.id(),
            user: user.id,
            sent_to: &user.email_key,
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

    fn entry(&self, kind: Kind, detail: &'static str) -> Result<Signed, AppError> {
        let entry = self.client.entry(&self.context, kind)?.detail(detail);
        let entry = match &self.user {
            Some(user) => entry.about(user.id),
            None => entry.about_name(self.name_key.clone()),
        };
        Ok(self.context.sign(entry))
    }
}
