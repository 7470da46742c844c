//! The webhook part of the cron event: sends entries of the audit log to `AUDIT_WEBHOOK_URL`, in order, each at least once.

use super::Report;
use crate::app::App;
use crate::config::Webhook;
use crate::domain::audit::WebhookMessage;
use crate::runtime::log::Finding;
use crate::runtime::webhook::{self, NotAccepted};
use crate::runtime::{StoreError, log};
use crate::store::audit_webhook;
use crate::timestamp::Timestamp;
use base64ct::{Base64, Encoding};

/// Maximum number of entries in a message: about 80 KB.
const MAX_ENTRIES: u32 = 200;

/// Maximum number of messages per cron event: 4,000 entries, which keeps up with 6 entries per second.
const MAX_MESSAGES: usize = 20;

/// The name of this part in the report.
const PART: &str = "audit_webhook";

/// Why no more entries are sent.
enum Stopped {
    Store,
    Receiver(NotAccepted),
}

impl From<StoreError> for Stopped {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

/// Checks the number of the last entry that was sent. No entry up to it is sent, so a number above the last entry would keep the
/// following ones from the receiver.
pub(super) async fn check(app: &App, report: &mut Report) {
    if app.config.audit.webhook.is_some() {
        let checked = reset_if_ahead(app, report).await;
        report.check(PART, &checked);
    }
}

async fn reset_if_ahead(app: &App, report: &mut Report) -> Result<(), StoreError> {
    let position = audit_webhook::position(app.database).await?;
    if position.sent_to <= position.last {
        return Ok(());
    }
    report.broken(&Finding::Row {
        number: position.sent_to,
        reason: "webhook_ahead",
    });
    audit_webhook::reset(app.database, &position).await
}

/// Sends the entries that were not sent yet, up to the maximum of one event.
pub(super) async fn run(app: &App, now: Timestamp, report: &mut Report) {
    let Some(receiver) = &app.config.audit.webhook else {
        return;
    };
    match send(app, receiver, now).await {
        Ok(()) => {}
        Err(Stopped::Store) => report.failed(PART),
        Err(Stopped::Receiver(reason)) => {
            log::webhook_failed(reason.code());
            report.add(PART);
        }
    }
}

async fn send(app: &App, receiver: &Webhook, now: Timestamp) -> Result<(), Stopped> {
    // Was checked when the configuration was read.
    let secret = Base64::decode_vec(receiver.secret.reveal()).unwrap_or_default();
    for _ in 0..MAX_MESSAGES {
        let entries = audit_webhook::pending(app.database, MAX_ENTRIES).await?;
        let Some((last, _)) = entries.last() else {
            break;
        };
        let message = WebhookMessage::new(&entries, receiver.has_clients, &secret, now);
        let Some(message) = message else {
            break;
        };
        let headers = [
            ("webhook-id", message.id),
            ("webhook-timestamp", message.timestamp),
            ("webhook-signature", message.signature),
        ];
        webhook::post(&receiver.url, &headers, message.body)
            .await
            .map_err(Stopped::Receiver)?;
        audit_webhook::advance(app.database, *last, now).await?;
        if entries.len() < MAX_ENTRIES as usize {
            break;
        }
    }
    Ok(())
}
