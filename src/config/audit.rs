//! The configuration of the audit log: its keys, how long it is kept, and where its entries are sent.

use super::keys::{EXPECTED_KEY, Key, key, keys, previous};
use super::variable::{Default, Reader, Variable, number};
use crate::crypto::secret::Secret;
use crate::domain::host::{is_loopback_authority, is_name};
use base64ct::{Base64, Encoding};

/// The configuration of the audit log.
#[derive(Debug)]
pub struct AuditConfig {
    /// `AUDIT_KEY`: 32 bytes; signs rows.
    pub key: Key,
    /// `AUDIT_KEY_PREVIOUS`: earlier keys, newest first. Rows are kept, so earlier keys are needed to verify old ones.
    pub keys_previous: Vec<Key>,
    /// `AUDIT_RETENTION_DAYS`: days after which entries are archived; `None`: never.
    pub retention_days: Option<i64>,
    /// `AUDIT_CLIENT_RETENTION_DAYS`: days after which addresses are erased.
    pub client_retention_days: i64,
    /// The receiver of the entries, if there is one.
    pub webhook: Option<Webhook>,
}

/// A receiver of the entries.
#[derive(Debug)]
pub struct Webhook {
    /// `AUDIT_WEBHOOK_URL`.
    pub url: String,
    /// The bytes of `AUDIT_WEBHOOK_SECRET`, which sign the messages.
    pub secret: Secret,
    /// `AUDIT_WEBHOOK_CLIENTS`: whether the messages contain addresses and devices.
    pub has_clients: bool,
}

pub(super) const AUDIT_KEY: Variable = Variable::secret(
    "AUDIT_KEY",
    Default::Required,
    EXPECTED_KEY,
    "base64 of 32 random bytes; signs the audit log",
);
pub(super) const AUDIT_KEY_PREVIOUS: Variable = previous(
    "AUDIT_KEY_PREVIOUS",
    "base64 of exactly 32 random bytes; several, the newest first, separated by commas",
    "earlier keys, newest first, separated by commas; they verify rows from before the rotation only",
);
const AUDIT_RETENTION_DAYS: Variable = Variable::new(
    "AUDIT_RETENTION_DAYS",
    Default::None,
    "a whole number of days from 30 to 36500",
    "days after which entries move from D1 to the bucket `ARCHIVE`, 30 to 36500. Without this variable, or without the bucket, entries \
     stay in D1; see [the audit log](../operations/audit-log.md)",
);
const AUDIT_CLIENT_RETENTION_DAYS: Variable = Variable::new(
    "AUDIT_CLIENT_RETENTION_DAYS",
    Default::Text("90"),
    "a whole number of days from 1 to 36500",
    "days after which the addresses and `User-Agent` values of audit entries are erased, 1 to 36500",
);
const EXPECTED_URL: &str = "an https URL with a DNS name and without port, user name and fragment, such as https://siem.example.com/edge-auth, \
                            that is not the service itself";
const AUDIT_WEBHOOK_URL: Variable = Variable::new(
    "AUDIT_WEBHOOK_URL",
    Default::None,
    EXPECTED_URL,
    "https URL to which new audit entries are sent; in development also http on loopback. It needs `AUDIT_WEBHOOK_SECRET`; see \
     [the audit log](../operations/audit-log.md)",
);
const AUDIT_WEBHOOK_SECRET: Variable = Variable::secret(
    "AUDIT_WEBHOOK_SECRET",
    Default::None,
    "whsec_ and the base64 of 24 to 64 random bytes",
    "secret of the webhook: `whsec_` and the base64 of 24 to 64 random bytes; signs the messages (Standard Webhooks)",
);
const AUDIT_WEBHOOK_CLIENTS: Variable = Variable::new(
    "AUDIT_WEBHOOK_CLIENTS",
    Default::Text("false"),
    "true or false",
    "whether the messages of the webhook contain client addresses and `User-Agent` values: `true` or `false`",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &AUDIT_KEY,
    &AUDIT_KEY_PREVIOUS,
    &AUDIT_RETENTION_DAYS,
    &AUDIT_CLIENT_RETENTION_DAYS,
    &AUDIT_WEBHOOK_URL,
    &AUDIT_WEBHOOK_SECRET,
    &AUDIT_WEBHOOK_CLIENTS,
];

impl AuditConfig {
    pub(super) fn read(read: &mut Reader<'_>, issuer: &str) -> Self {
        Self {
            key: read.or_default(&AUDIT_KEY, key),
            keys_previous: read.optional(&AUDIT_KEY_PREVIOUS, keys).unwrap_or_default(),
            retention_days: read.optional(&AUDIT_RETENTION_DAYS, number(30, 36_500)),
            client_retention_days: read.or_default(&AUDIT_CLIENT_RETENTION_DAYS, number(1, 36_500)),
            webhook: webhook(read, issuer),
        }
    }
}

fn webhook(read: &mut Reader<'_>, issuer: &str) -> Option<Webhook> {
    let url = read.optional(&AUDIT_WEBHOOK_URL, |text| receiver(text, issuer));
    let secret = read.optional(&AUDIT_WEBHOOK_SECRET, webhook_secret);
    let has_clients = read.or_default(&AUDIT_WEBHOOK_CLIENTS, |text| match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    });
    if url.is_some() && secret.is_none() {
        read.invalid(&AUDIT_WEBHOOK_SECRET);
    }
    Some(Webhook {
        url: url?,
        secret: secret?,
        has_clients,
    })
}

/// Checks the URL of a receiver. A Worker cannot look up the address of a name, so names of private networks are refused by their
/// form. Over http, and with a port, only a receiver on this machine is called, and only in development.
fn receiver(text: &str, issuer: &str) -> Option<String> {
    let is_plain = text.len() <= 2_048 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plain || text.contains(['#', '\\', '"']) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let authority = authority.to_ascii_lowercase();
    let own = issuer.split_once("://").map_or("", |(_, own)| own);
    let is_development = issuer.starts_with("http://");
    let is_allowed = match scheme {
        "https" => is_public(&authority) && authority != own,
        "http" => is_development && is_loopback_authority(&authority) && authority != own,
        _ => false,
    };
    is_allowed.then(|| format!("{scheme}://{authority}{path}"))
}

/// A DNS name with a dot that is neither a name of a private network nor an IP address in any form.
fn is_public(host: &str) -> bool {
    let is_private = ["local", "internal", "localhost"]
        .iter()
        .any(|name| host.rsplit('.').next() == Some(name));
    is_name(host) && host.contains('.') && !is_private
}

/// The secret of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes.
fn webhook_secret(text: &str) -> Option<Secret> {
    let base64 = text.strip_prefix("whsec_")?;
    let bytes = Base64::decode_vec(base64).ok()?;
    (24..=64)
        .contains(&bytes.len())
        .then(|| Secret::new(base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receiver_is_a_public_https_url() {
        let issuer = "https://auth.example.com";
        for (url, read) in [
            ("https://siem.example.com", "https://siem.example.com"),
            (
                "https://SIEM.example.com/A?b=c",
                "https://siem.example.com/A?b=c",
            ),
        ] {
            assert_eq!(receiver(url, issuer).as_deref(), Some(read));
        }
        for url in [
            "",
            "siem.example.com",
            "http://siem.example.com",
            "https://siem",
            "https://siem.example.com:8443/",
            "https://user@siem.example.com/",
            "https://siem.example.com/#a",
            "https://siem.example.com\\@other.example/",
            "https://siem.example.com /",
            "https://auth.example.com/",
            "https://AUTH.example.com/x",
            "https://siem.local/",
            "https://siem.internal",
            "https://siem.localhost",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://siem.example.com./",
            "https://-a.example.com/",
            "http://localhost:9000/",
            "ftp://siem.example.com/",
        ] {
            assert_eq!(receiver(url, issuer), None, "{url}");
        }
    }

    #[test]
    fn receiver_on_this_machine_is_for_development() {
        let issuer = "http://localhost:8787";
        for url in ["http://localhost:9000/a", "http://127.0.0.1:9000/"] {
            assert_eq!(receiver(url, issuer).as_deref(), Some(url));
        }
        for url in [
            "http://localhost:8787/",
            "http://siem.example.com/",
            "https://localhost:9000/",
        ] {
            assert_eq!(receiver(url, issuer), None, "{url}");
        }
    }

    #[test]
    fn webhook_secret_is_that_of_standard_webhooks() {
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(webhook_secret(good).is_some());
        for text in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%",
        ] {
            assert!(webhook_secret(text).is_none(), "{text}");
        }
    }
}
