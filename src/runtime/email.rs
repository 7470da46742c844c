//! Outgoing e-mail: the binding of Cloudflare's Email Service. The Email Service builds the message from its parts and signs it, so no
//! part can add a header.

use super::timeout::timeout;
use js_sys::{JsString, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::{EmailAddress, Env, SendEmail, SendEmailBuilder};

/// Timeout of a call.
pub const EMAIL_TIMEOUT_MS: u32 = 8_000;

/// A binding that sends e-mail.
#[derive(Debug)]
pub struct Mailer(SendEmail);

/// A message with its envelope.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The name of the sender.
    pub from_name: &'a str,
    /// The address of the sender.
    pub from: &'a str,
    /// The address of the recipient, with its domain in ASCII.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The message in plain text.
    pub text: &'a str,
    /// The message in HTML.
    pub html: &'a str,
    /// The tag of its language.
    pub language: &'static str,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendError {
    /// A fixed code for the log.
    pub code: &'static str,
    /// Whether the same message may be sent by another call.
    pub is_temporary: bool,
}

/// The codes of Cloudflare's Email Service that a second call does not change.
const PERMANENT: [&str; 10] = [
    "E_VALIDATION_ERROR",
    "E_FIELD_MISSING",
    "E_SENDER_NOT_VERIFIED",
    "E_SENDER_DOMAIN_NOT_AVAILABLE",
    "E_RECIPIENT_NOT_ALLOWED",
    "E_RECIPIENT_SUPPRESSED",
    "E_CONTENT_TOO_LARGE",
    "E_DAILY_LIMIT_EXCEEDED",
    "E_HEADER_NOT_ALLOWED",
    "E_HEADER_VALUE_INVALID",
];
const TEMPORARY: [&str; 3] = [
    "E_RATE_LIMIT_EXCEEDED",
    "E_DELIVERY_FAILED",
    "E_INTERNAL_SERVER_ERROR",
];

impl Mailer {
    /// The binding with this name, if there is one.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        env.send_email(binding).ok().map(Self)
    }

    /// Hands a message over to the Email Service, which delivers it.
    ///
    /// # Errors
    /// [`SendError`]. After a timeout, the message may still be sent.
    pub async fn send(&self, envelope: &Envelope<'_>) -> Result<(), SendError> {
        let message = SendEmailBuilder::new_with_email_address_and_str(
            &EmailAddress::new(envelope.from_name, envelope.from),
            envelope.to,
            envelope.subject,
        );
        message.set_text(envelope.text);
        message.set_html(envelope.html);
        message.set_headers(&headers(envelope.language));
        match timeout(EMAIL_TIMEOUT_MS, self.0.send_with_builder(&message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(temporary("timeout")),
        }
    }
}

/// `Auto-Submitted` prevents automatic responses (RFC 3834).
fn headers(language: &'static str) -> Object<JsString> {
    let headers = Object::new();
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", language),
    ] {
        // Cannot fail: the object is new and extensible.
        let _ = Reflect::set(&headers, &name.into(), &value.into());
    }
    headers.unchecked_into()
}

fn temporary(code: &'static str) -> SendError {
    SendError {
        code,
        is_temporary: true,
    }
}

/// The error's own text may contain addresses, so only a known code is kept.
fn failure(error: &JsValue) -> SendError {
    let code = Reflect::get(error, &"code".into());
    let code = code.ok().and_then(|code| code.as_string());
    let find = |codes: &[&'static str]| {
        let is_it = |known: &&&str| code.as_deref() == Some(**known);
        codes.iter().find(is_it).copied()
    };
    if let Some(code) = find(&PERMANENT) {
        return SendError {
            code,
            is_temporary: false,
        };
    }
    temporary(find(&TEMPORARY).unwrap_or("failed"))
}
