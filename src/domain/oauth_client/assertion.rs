//! Assertions with which OAuth clients authenticate: JWTs that they sign with their own keys (RFC 7523 sections 2.2 and 3).

use super::KeySet;
use crate::crypto::fingerprint::hex;
use crate::domain::token::LEEWAY_SECONDS;
use crate::domain::webauthn::Signed;
use crate::json::{Json, Malformed, Object};
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Maximum number of seconds from now to `exp`. Each assertion is stored until it expires, so that it is used once.
pub const MAX_ASSERTION_SECONDS: i64 = 300;

/// Values of `typ`. Without it, an assertion is accepted too, because most libraries omit it. Access tokens have another type.
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// An assertion. Its signature is not verified yet.
#[derive(Debug)]
pub struct Assertion<'t> {
    algorithm: String,
    key_id: Option<String>,
    issuer: String,
    subject: String,
    audience: String,
    expires_at: i64,
    issued_at: Option<i64>,
    not_before: Option<i64>,
    id: String,
    message: &'t [u8],
    signature: Vec<u8>,
}

impl<'t> Assertion<'t> {
    /// Reads an assertion with exactly one audience and an id; `None` for any other text. Keys that the header contains or points to
    /// are ignored.
    #[must_use]
    pub fn read(text: &'t str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let (header, payload) = (decoded(header)?, decoded(payload)?);
        let mut header = Object::read(&header).ok()?;
        // No extension is understood (RFC 7515 section 4.1.11).
        if header.take("crit").is_some() || header.take("b64").is_some() {
            return None;
        }
        let r#type = header.optional_text("typ").ok()?;
        if r#type.is_some_and(|name| !TYPES.contains(&name.to_ascii_lowercase().as_str())) {
            return None;
        }
        let mut claims = Object::read(&payload).ok()?;
        let assertion = Self {
            algorithm: header.text("alg").ok()?,
            key_id: header.optional_text("kid").ok()?,
            issuer: claims.text("iss").ok()?,
            subject: claims.text("sub").ok()?,
            audience: single(claims.optional("aud")?)?,
            expires_at: claims.integer("exp").ok()?,
            issued_at: optional_time(&mut claims, "iat").ok()?,
            not_before: optional_time(&mut claims, "nbf").ok()?,
            id: claims.text("jti").ok()?,
            message: message.as_bytes(),
            signature: Base64UrlUnpadded::decode_vec(signature).ok()?,
        };
        (!assertion.id.is_empty()).then_some(assertion)
    }

    /// The client that it names. It must not be trusted before the signature is verified.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.subject
    }

    /// Whether this client may authenticate with it at one of these audiences now.
    #[must_use]
    pub fn is_for(&self, client: Uuid, audiences: &[&str], now: Timestamp) -> bool {
        let client = client.to_string();
        let (now, latest) = (now.seconds(), now.plus(LEEWAY_SECONDS).seconds());
        let has_begun = |time: Option<i64>| time.is_none_or(|time| time <= latest);
        let end = self.expires_at.saturating_add(LEEWAY_SECONDS);
        self.issuer == client
            && self.subject == client
            && audiences.contains(&self.audience.as_str())
            && now < end
            && self.expires_at <= latest.saturating_add(MAX_ASSERTION_SECONDS)
            && has_begun(self.issued_at)
            && has_begun(self.not_before)
    }

    /// The keys that may have signed it, each with what it must have signed. The algorithm is that of the key, whatever the header
    /// says.
    #[must_use]
    pub fn signatures(&self, keys: &KeySet) -> Vec<Signed> {
        let is_it = |id: &str| self.key_id.as_ref().is_none_or(|named| named == id);
        let keys = keys.keys().iter();
        let keys = keys.filter(|key| is_it(&key.id) && key.has_algorithm(&self.algorithm));
        keys.map(|key| Signed {
            key: key.key.clone(),
            message: self.message.to_vec(),
            signature: self.signature.clone(),
        })
        .collect()
    }

    /// Lower-case hex SHA-256 of the client and the `jti`, and when the assertion is no longer accepted in any case.
    #[must_use]
    pub fn use_once(&self) -> (String, Timestamp) {
        let parts = [self.subject.as_bytes(), &[0], self.id.as_bytes()];
        let id = hex(&Sha256::digest(parts.concat()));
        let end = Timestamp::from_seconds(self.expires_at).plus(LEEWAY_SECONDS);
        (id, end)
    }
}

fn decoded(segment: &str) -> Option<String> {
    String::from_utf8(Base64UrlUnpadded::decode_vec(segment).ok()?).ok()
}

/// A text, or the only one of a list. An assertion for several servers could be used by one of them at the others.
fn single(audience: Json<'_>) -> Option<String> {
    let text = match audience {
        Json::List(mut list) if list.len() == 1 => list.pop()?,
        other => other,
    };
    Some(text.text().ok()?.into_owned())
}

/// The time in this claim, if it has one.
///
/// # Errors
/// `Unexpected` if it is no whole number of seconds.
fn optional_time(claims: &mut Object<'_>, name: &str) -> Result<Option<i64>, Malformed> {
    claims.optional(name).map(Json::integer).transpose()
}

#[cfg(test)]
mod tests;
