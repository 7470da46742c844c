//! The delivery of messages. Only the response to an administrator who creates a link waits for it. A failure is logged and recorded in
//! the audit log, both without the address.

use super::message::{Message, Service};
use super::render::render;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::{App, RequestContext};
use crate::config::Sender;
use crate::domain::audit::{Entry, Kind};
use crate::domain::language::Language;
use crate::domain::names;
use crate::domain::user::User;
use crate::runtime::email::{Envelope, Mailer, SendError};
use crate::runtime::{clock, log, random, timeout};
use crate::store::audit;
use uuid::Uuid;

/// Milliseconds between the two attempts to send a message. With two timeouts of the binding and two of D1, a delivery takes less
/// than the 30 seconds that the runtime allows after the response.
const RETRY_AFTER_MS: u32 = 1_000;

/// The binding, and the sender of all messages.
#[derive(Debug)]
pub struct Outbox {
    mailer: Mailer,
    from: Sender,
}

impl Outbox {
    /// `None` if e-mail is disabled: without the binding or without a sender.
    #[must_use]
    pub fn new(mailer: Option<Mailer>, from: Option<&Sender>) -> Option<Self> {
        let (mailer, from) = mailer.zip(from.cloned())?;
        Some(Self { mailer, from })
    }
}

/// The recipient of a message.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The user that the message is about.
    pub user: Uuid,
    /// The name in the greeting.
    pub name: String,
    /// The address, as it is stored.
    pub address: String,
}

impl Recipient {
    /// This user; `None` if the user has no address.
    #[must_use]
    pub fn of(user: &User) -> Option<Self> {
        Some(Self {
            user: user.id,
            name: user.name.clone(),
            address: user.email.clone()?,
        })
    }
}

/// A message that was posted in a request.
#[derive(Debug)]
pub struct Outgoing {
    /// The id of the request.
    pub request: String,
    /// The language of the request.
    pub language: Language,
    /// The recipient.
    pub recipient: Recipient,
    /// The message.
    pub message: Message,
}

impl Outgoing {
    /// A message of the request of this client.
    #[must_use]
    pub fn new(client: &ClientInfo, recipient: Recipient, message: Message) -> Self {
        Self {
            request: client.request.clone(),
            language: client.language,
            recipient,
            message,
        }
    }
}

/// Sends a message after the response. Without e-mail, does nothing.
pub fn post(context: &RequestContext, client: &ClientInfo, recipient: Recipient, message: Message) {
    let app = context.app;
    if app.outbox.is_none() {
        return;
    }
    let outgoing = Outgoing::new(client, recipient, message);
    context.wait_until(async move {
        deliver(app, outgoing).await;
    });
}

/// Sends a message. A temporary failure is retried once. Returns whether it was sent.
pub async fn deliver(app: &App, outgoing: Outgoing) -> bool {
    let Some(outbox) = &app.outbox else {
        return false;
    };
    let mut sent = send(app, outbox, &outgoing).await;
    if sent.is_err_and(|error| error.is_temporary) {
        timeout::sleep(RETRY_AFTER_MS).await;
        sent = send(app, outbox, &outgoing).await;
    }
    if let Err(error) = sent {
        let kind = outgoing.message.kind();
        log::email_failed(kind, error.code);
        // D1 may be unavailable as well. The log has the failure in any case.
        let _ = record_failure(app, &outgoing, error.code).await;
    }
    sent.is_ok()
}

async fn send(app: &App, outbox: &Outbox, outgoing: &Outgoing) -> Result<(), SendError> {
    let Outgoing {
        language,
        recipient,
        message,
        ..
    } = outgoing;
    let to = names::email(&recipient.address).map_err(|_| SendError {
        code: "invalid_address",
        is_temporary: false,
    })?;
    let brand = &app.config.branding.name;
    let service = Service {
        name: brand,
        origin: &app.config.tokens.issuer,
    };
    let rendered = render(message, *language, &service, &recipient.name);
    outbox
        .mailer
        .send(&Envelope {
            from_name: outbox.from.name.as_deref().unwrap_or(brand),
            from: &outbox.from.address,
            to: &to.mailbox(),
            subject: &rendered.subject,
            text: &rendered.text,
            html: &rendered.html,
            language: language.tag(),
        })
        .await
}

async fn record_failure(app: &App, outgoing: &Outgoing, code: &str) -> Result<(), AppError> {
    let entry = Entry::new(
        random::uuid()?,
        clock::now(),
        Kind::EmailFailed,
        &outgoing.request,
    );
    let entry = entry
        .about(outgoing.recipient.user)
        .detail(format!("{}: {code}", outgoing.message.kind()));
    let append = audit::append(&app.audit_keys.sign(entry));
    let [_] = app.database.batch([append]).await?;
    Ok(())
}
