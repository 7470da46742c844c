//! Access tokens: JWTs (RFC 7519) signed with HS256.
//!
//! A token says which session it belongs to and until when; what its user may do stands in the record, never here. A
//! token's header chooses nothing: it is compared, byte for byte, with the headers that we write. Everything is read
//! strictly: another spelling of a valid token is not a valid token, and a token is not ours merely because it is well
//! signed.

mod claims;
mod mac;
mod session_id;

pub use session_id::SessionId;

use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use encoding::from_base64url;
use mac::{MacKey, TAG_LENGTH};
use thiserror::Error;
use uuid::Uuid;

/// Bytes that a signing secret must have at least: as many as the hash gives out (RFC 7518 section 3.2).
pub const SHORTEST_SECRET: usize = 32;
/// Bytes of the longest token that is looked at: 4 KiB.
pub const LONGEST_TOKEN: usize = 4096;
/// Seconds of the longest life of a token: 30 days, the absolute end of a session. What claims to live longer was not
/// issued here.
pub const LONGEST_LIFE: i64 = 30 * 24 * 60 * 60;
/// Seconds that the clock of another location may be off (RFC 7519 section 4.1.4).
pub const LEEWAY: i64 = 30;

/// Bytes that 4 KiB of base64url hold.
const LONGEST_CLAIMS: usize = LONGEST_TOKEN / 4 * 3;
/// Bytes of claims that issuer and audience may take; the header, the other claims and the tag take less than 500
/// characters of the 4 KiB.
const LONGEST_OPENING: usize = 2048;
/// base64url of `{"alg":"HS256","typ":"JWT"}`.
const PLAIN_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// What the fingerprint of a secret is computed over. It has no dot, so it is never what a token signs.
const KEY_ID_LABEL: &[u8] = b"Edge Auth key id 1";
/// Bytes of a fingerprint; 8 characters in the header.
const KEY_ID_LENGTH: usize = 6;

/// The session that a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user, `sub`.
    pub user: Uuid,
    /// The session, `sid`.
    pub sid: SessionId,
    /// Which of the session's tokens this is, `gen`: every refresh counts on by one.
    pub generation: u32,
}

/// What a token of ours says; `iss` and `aud` are the ones of the [`Keys`] that verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`, `sid` and `gen`.
    pub session: Session,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

/// Why a token is refused. The client is told the same in both cases.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The token is authentic but has expired. It may only be used to revoke its session.
    #[error("the token has expired")]
    Expired(Claims),
    /// It is not one of ours.
    #[error("the token is not valid")]
    Invalid,
}

/// Why there are no [`Keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// The current secret has fewer than [`SHORTEST_SECRET`] bytes.
    #[error("the signing secret is shorter than {SHORTEST_SECRET} bytes")]
    CurrentTooShort,
    /// The previous secret has fewer than [`SHORTEST_SECRET`] bytes.
    #[error("the previous signing secret is shorter than {SHORTEST_SECRET} bytes")]
    PreviousTooShort,
    /// Issuer and audience together would not leave room for the rest of a token.
    #[error("issuer and audience are longer than {LONGEST_OPENING} bytes together")]
    NamesTooLong,
}

/// Issues and verifies the tokens of one issuer for one audience.
pub struct Keys {
    current: Key,
    previous: Option<Key>,
    issuer: String,
    audience: String,
    opening: String,
}

/// One secret with the header segment that names it.
struct Key {
    mac: MacKey,
    header: String,
}

impl Keys {
    /// Keys of these secrets, which are used as their UTF-8 bytes. While there is a previous one, its tokens stay valid
    /// and new tokens name their key; a previous secret equal to the current one is none.
    ///
    /// # Errors
    /// [`KeysError`] if a secret is too short or issuer and audience are too long.
    pub fn new(
        current: &Secret,
        previous: Option<&Secret>,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, KeysError> {
        let previous = previous.filter(|secret| *secret != current);
        let opening = claims::opening(issuer, audience);
        if opening.len() > LONGEST_OPENING {
            return Err(KeysError::NamesTooLong);
        }
        Ok(Self {
            current: Key::new(current).ok_or(KeysError::CurrentTooShort)?,
            previous: previous
                .map(|secret| Key::new(secret).ok_or(KeysError::PreviousTooShort))
                .transpose()?,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            opening,
        })
    }

    /// The token of this session. The same input gives the same bytes, as long as the keys are the same; so a retried
    /// refresh is answered by issuing again. Only a token with `issued_at` in or after 1970, before `expires_at`, and a
    /// life of at most [`LONGEST_LIFE`] will verify.
    #[must_use]
    pub fn issue(&self, session: &Session, issued_at: Timestamp, expires_at: Timestamp) -> String {
        let claims = claims::write(&self.opening, session, issued_at, expires_at);
        let header = match self.previous {
            Some(_) => self.current.header.as_str(),
            None => PLAIN_HEADER,
        };
        let signed = format!(
            "{header}.{}",
            Base64UrlUnpadded::encode_string(claims.as_bytes())
        );
        let tag = self.current.mac.sign(signed.as_bytes());
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&tag))
    }

    /// What the token says, if it is ours and `now` is in its time: from [`LEEWAY`] before `iat` to just before
    /// [`LEEWAY`] after `exp` (at `exp` + 30 s sharp it has expired).
    ///
    /// # Errors
    /// [`Rejection::Expired`] if nothing but its end is against it, [`Rejection::Invalid`] in all other cases.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Rejection> {
        let mut buffer = [0; LONGEST_CLAIMS];
        let claims = self
            .open(token, &mut buffer)
            .and_then(|json| claims::read(json, &self.issuer, &self.audience))
            .filter(|claims| claims.issued_at <= now.plus(LEEWAY))
            .ok_or(Rejection::Invalid)?;
        if now < claims.expires_at.plus(LEEWAY) {
            Ok(claims)
        } else {
            Err(Rejection::Expired(claims))
        }
    }

    /// The decoded middle of a token that one of our keys signed under one of our headers.
    fn open<'b>(&self, token: &str, buffer: &'b mut [u8; LONGEST_CLAIMS]) -> Option<&'b [u8]> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let mut tag = [0; TAG_LENGTH];
        // Decoding refuses padding, other characters (a fourth part's dot among them) and set bits beyond the last byte.
        let decoded = from_base64url(signature, &mut tag)?;
        if decoded.len() != TAG_LENGTH || !self.signed(header, signed.as_bytes(), &tag) {
            return None;
        }
        from_base64url(payload, buffer)
    }

    /// True if the key, or one of the keys, that this header stands for made the tag. A plain header says nothing of
    /// the key: with it come the tokens of a time when one key was live.
    fn signed(&self, header: &str, message: &[u8], tag: &[u8; TAG_LENGTH]) -> bool {
        let mut live = std::iter::once(&self.current).chain(self.previous.as_ref());
        if header == PLAIN_HEADER {
            live.any(|key| key.mac.verify(message, tag))
        } else {
            live.find(|key| key.header == header)
                .is_some_and(|key| key.mac.verify(message, tag))
        }
    }
}

impl Key {
    /// None if the secret is too short.
    fn new(secret: &Secret) -> Option<Self> {
        let bytes = secret.reveal().as_bytes();
        if bytes.len() < SHORTEST_SECRET {
            return None;
        }
        let mac = MacKey::new(bytes);
        // Keyed, so that it tells no more about the secret than a token's own tag does.
        let fingerprint = mac.sign(KEY_ID_LABEL);
        let kid = Base64UrlUnpadded::encode_string(fingerprint.get(..KEY_ID_LENGTH)?);
        let header = format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}"#);
        Some(Self {
            mac,
            header: Base64UrlUnpadded::encode_string(header.as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
