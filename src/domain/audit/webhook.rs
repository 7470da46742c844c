//! Messages with entries of the audit log, as Standard Webhooks 1.0 signs them: HMAC-SHA-256 of id, time and body, with the bytes of
//! the secret.

use super::entry::Entry;
use crate::timestamp::Timestamp;
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

/// A signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMessage {
    /// `webhook-id`: the same for the same entries, so that a receiver recognises a message that is sent again.
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body.
    pub body: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    entries: Vec<WebhookEntry<'a>>,
}

#[derive(Serialize)]
struct WebhookEntry<'a> {
    number: u32,
    id: &'a str,
    at: &'a str,
    kind: &'a str,
    outcome: &'a str,
    actor: Option<&'a str>,
    subject: Option<&'a str>,
    name_key: Option<&'a str>,
    session: Option<&'a str>,
    detail: Option<&'a str>,
    request: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    client: Option<WebhookClient<'a>>,
}

#[derive(Serialize)]
struct WebhookClient<'a> {
    address: Option<&'a str>,
    device: Option<&'a str>,
}

impl WebhookMessage {
    /// A message with these entries, signed with the bytes of the secret. `None` if there are no entries.
    #[must_use]
    pub fn new(
        entries: &[(u32, Entry)],
        has_clients: bool,
        secret: &[u8],
        now: Timestamp,
    ) -> Option<Self> {
        let (first, last) = (entries.first()?.0, entries.last()?.0);
        let body = Body {
            r#type: "audit.entries",
            timestamp: now.to_string(),
            data: Data {
                entries: entries
                    .iter()
                    .map(|(number, entry)| shown(*number, entry, has_clients))
                    .collect(),
            },
        };
        // Cannot fail: only numbers and strings are serialized.
        let body = serde_json::to_string(&body).unwrap_or_default();
        let (id, timestamp) = (format!("audit_{first}_{last}"), now.seconds().to_string());
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        for part in [&id, ".", &timestamp, ".", &body] {
            mac.update(part.as_bytes());
        }
        let signature = Base64::encode_string(&mac.finalize().into_bytes());
        Some(Self {
            id,
            timestamp,
            signature: format!("v1,{signature}"),
            body,
        })
    }
}

fn shown(number: u32, entry: &Entry, has_clients: bool) -> WebhookEntry<'_> {
    let client = entry.client.as_ref();
    WebhookEntry {
        number,
        id: &entry.id,
        at: &entry.at,
        kind: &entry.kind,
        outcome: &entry.outcome,
        actor: entry.actor.as_deref(),
        subject: entry.subject.as_deref(),
        name_key: entry.name_key.as_deref(),
        session: entry.session.as_deref(),
        detail: entry.detail.as_deref(),
        request: &entry.request,
        client: has_clients.then(|| WebhookClient {
            address: client.and_then(|client| client.address.as_deref()),
            device: client.and_then(|client| client.device.as_deref()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Client, Kind};
    use uuid::Uuid;

    fn entries() -> Vec<(u32, Entry)> {
        let at = Timestamp::from_seconds(0);
        let client = Client::new([0; 16], Some("192.0.2.1"), Some("a browser"));
        let entry = Entry::new(Uuid::nil(), at, Kind::SignIn, "r").from(client);
        vec![(7, entry.clone()), (8, entry)]
    }

    #[test]
    fn message_contains_addresses_only_if_asked() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let message = WebhookMessage::new(&entries(), false, b"secret", now).expect("a message");
        assert_eq!(
            (message.id.as_str(), message.timestamp.as_str()),
            ("audit_7_8", "1700000000")
        );
        assert!(
            !message.body.contains("192.0.2.1")
                && !message.body.contains("browser")
                && !message.body.contains("client_hash")
        );
        let message = WebhookMessage::new(&entries(), true, b"secret", now).expect("a message");
        assert!(
            message
                .body
                .contains(r#""address":"192.0.2.1","device":"a browser""#)
        );
        assert_eq!(WebhookMessage::new(&[], true, b"secret", now), None);
    }

    #[test]
    fn signature_covers_id_time_and_body() {
        let at = |seconds| {
            let now = Timestamp::from_seconds(seconds);
            WebhookMessage::new(&entries(), false, b"secret", now).expect("a message")
        };
        assert!(at(1).signature.starts_with("v1,") && at(1).signature.len() == 3 + 44);
        assert_ne!(at(1).signature, at(2).signature);
    }
}
