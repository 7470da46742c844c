//! Session tokens: JWTs (RFC 7519) signed with HS256. Access tokens of OAuth clients are in [`access_token`].
//!
//! A token states its session and the time at which it expires. What its user may do is in the session record, never in the
//! token. `jwt-compact` makes and verifies tokens, but it accepts many spellings of the same claims. So a token is accepted
//! only if it is, byte for byte, the token that this service issues for its claims.

pub mod access_token;
pub mod id_token;
mod session_id;

pub use session_id::SessionId;

use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, TimeDelta, Utc};
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{
    Algorithm, AlgorithmExt, AlgorithmSignature, Header, TimeOptions, UntrustedToken,
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;

/// Minimum length of a signing secret: that of the hash (RFC 7518 section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;
/// Maximum length of a token.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// Maximum seconds from `iat` to `exp`: 30 days, more than the maximum of `TOKEN_LIFETIME`.
pub const MAX_TOKEN_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Seconds by which clocks may differ (RFC 7519 section 4.1.4).
pub const LEEWAY_SECONDS: i64 = 30;

/// Maximum length of issuer and audience as JSON. The rest of a token takes fewer than 500 bytes in addition to their
/// base64url.
const MAX_NAMES_BYTES: usize = 2048;
/// Input of a key's fingerprint. It has no dot, so it is never the signed part of a token.
const KEY_ID_LABEL: &[u8] = b"Edge Auth key id 1";
/// Length of a key's fingerprint; 8 characters in `kid`.
const KEY_ID_BYTES: usize = 6;

/// The session of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Claim `sub`: id of the user.
    pub user: Uuid,
    /// Claim `sid`: id of the session.
    pub sid: SessionId,
    /// Claim `gen`: number of the session's token. Each refresh adds one.
    pub generation: u32,
}

/// The claims of a token, except for `iss` and `aud`, which belong to the [`Keys`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`, `sid` and `gen`.
    pub session: Session,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

/// Why a token is refused. The response is the same in both cases.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The token is authentic but has expired. It may only be used to revoke its session.
    #[error("the token has expired")]
    Expired(Claims),
    /// This service did not issue the token, or `iat` is in the future.
    #[error("the token is not valid")]
    Invalid,
}

/// Why [`Keys`] were not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// The current secret has fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("the signing secret is shorter than {MIN_SECRET_BYTES} bytes")]
    CurrentTooShort,
    /// The previous secret has fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("the previous signing secret is shorter than {MIN_SECRET_BYTES} bytes")]
    PreviousTooShort,
    /// Issuer and audience do not leave room for the rest of a token.
    #[error("issuer and audience are longer than {MAX_NAMES_BYTES} bytes together")]
    NamesTooLong,
}

/// Issues and verifies the tokens of one issuer for one audience.
pub struct Keys {
    current: Key,
    previous: Option<Key>,
    issuer: String,
    audience: String,
}

/// A secret and its fingerprint.
struct Key {
    secret: Hs256Key,
    id: String,
}

/// The claims other than `iat` and `exp`. jwt-compact writes those two first.
#[derive(Serialize)]
struct IssuedClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: Uuid,
    sid: &'a str,
    r#gen: u32,
}

/// The claims that are read from a token. The other claims need no reader, because the whole token is compared with the one
/// that is issued for these claims.
#[derive(Deserialize)]
struct ReadClaims {
    sub: Uuid,
    sid: String,
    r#gen: u32,
}

impl Keys {
    /// Takes the secrets as their UTF-8 bytes. While there is a previous one, its tokens stay valid and new tokens name
    /// their key. A previous secret that equals the current one is ignored.
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
        let names = serde_json::to_string(&[issuer, audience]);
        if names.map_or(usize::MAX, |names| names.len()) > MAX_NAMES_BYTES {
            return Err(KeysError::NamesTooLong);
        }
        Ok(Self {
            current: Key::new(current).ok_or(KeysError::CurrentTooShort)?,
            previous: previous
                .map(|secret| Key::new(secret).ok_or(KeysError::PreviousTooShort))
                .transpose()?,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        })
    }

    /// The token of this session. The same input and keys give the same bytes, so a repeated refresh issues the same token
    /// again. A token verifies only if `issued_at` is not before 1970 and `expires_at` is at least one second and at most
    /// [`MAX_TOKEN_SECONDS`] later.
    #[must_use]
    pub fn issue(&self, session: &Session, issued_at: Timestamp, expires_at: Timestamp) -> String {
        let claims = Claims {
            session: session.clone(),
            issued_at,
            expires_at,
        };
        self.token(&self.current, self.previous.is_some(), &claims)
    }

    /// The claims of a token that this service issued. It is valid from [`LEEWAY_SECONDS`] before `iat` to just before [`LEEWAY_SECONDS`]
    /// after `exp`.
    ///
    /// # Errors
    /// [`Rejection::Expired`] if the token has expired and is valid otherwise, else [`Rejection::Invalid`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Rejection> {
        // jwt-compact accepts a token at `exp` plus its leeway; times are whole seconds.
        const LIBRARY_LEEWAY: TimeDelta = TimeDelta::seconds(LEEWAY_SECONDS - 1);
        let (claims, times) = self.authentic(token).ok_or(Rejection::Invalid)?;
        if claims.issued_at > now.plus(LEEWAY_SECONDS) {
            return Err(Rejection::Invalid);
        }
        let options = TimeOptions::new(LIBRARY_LEEWAY, || date_time(now));
        match times.validate_expiration(&options) {
            Ok(_) => Ok(claims),
            Err(_) => Err(Rejection::Expired(claims)),
        }
    }

    /// The claims of a token that one of the keys signed and that has the spelling in which it is issued. The times are not
    /// checked.
    fn authentic(&self, text: &str) -> Option<(Claims, jwt_compact::Claims<ReadClaims>)> {
        if text.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let token = UntrustedToken::new(text).ok()?;
        let key_id = token.header().key_id.as_deref();
        // A token without `kid` was issued while there was one key, which may be the previous one now.
        let mut keys = std::iter::once(&self.current)
            .chain(&self.previous)
            .filter(|key| key_id.is_none_or(|id| id == key.id));
        keys.find_map(|key| {
            let verified = Hs256.validator(&key.secret).validate(&token).ok()?;
            let (_, read) = verified.into_parts();
            let claims = Claims::read(&read)?;
            let issued = self.token(key, key_id.is_some(), &claims);
            let is_same: bool = issued.as_bytes().ct_eq(text.as_bytes()).into();
            is_same.then_some((claims, read))
        })
    }

    /// Makes a token with this key.
    fn token(&self, key: &Key, has_key_id: bool, claims: &Claims) -> String {
        let header = Header::empty().with_token_type("JWT");
        let header = if has_key_id {
            header.with_key_id(&key.id)
        } else {
            header
        };
        let mut sid = SessionId::BUFFER;
        let mut content = jwt_compact::Claims::new(IssuedClaims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: claims.session.user,
            sid: claims.session.sid.write(&mut sid),
            r#gen: claims.session.generation,
        });
        content.issued_at = Some(date_time(claims.issued_at));
        content.expiration = Some(date_time(claims.expires_at));
        // Cannot fail: only strings and numbers are serialized.
        Hs256
            .token(&header, &content, &key.secret)
            .unwrap_or_default()
    }
}

impl Key {
    /// `None` if the secret is too short.
    fn new(secret: &Secret) -> Option<Self> {
        let bytes = secret.reveal().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return None;
        }
        let secret = Hs256Key::new(bytes);
        // A MAC with the key, so it reveals no more about the secret than the signature of a token.
        let fingerprint = Hs256.sign(&secret, KEY_ID_LABEL);
        let id = Base64UrlUnpadded::encode_string(fingerprint.as_bytes().get(..KEY_ID_BYTES)?);
        Some(Self { secret, id })
    }
}

impl Claims {
    /// `None` if a claim is missing or out of bounds. The times need no check of their range, because a time that [`Timestamp`]
    /// cannot represent is clamped, and the token then differs from the one that is issued for its claims.
    fn read(read: &jwt_compact::Claims<ReadClaims>) -> Option<Self> {
        let issued_at = read.issued_at?.timestamp();
        let expires_at = read.expiration?.timestamp();
        let is_bounded = (1..=MAX_TOKEN_SECONDS).contains(&expires_at.checked_sub(issued_at)?);
        (issued_at >= 0 && is_bounded).then_some(Self {
            session: Session {
                user: read.custom.sub,
                sid: SessionId::parse(&read.custom.sid)?,
                generation: read.custom.r#gen,
            },
            issued_at: Timestamp::from_seconds(issued_at),
            expires_at: Timestamp::from_seconds(expires_at),
        })
    }
}

/// The same time for jwt-compact, whose times have a wider range.
fn date_time(time: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(time.seconds(), 0).unwrap_or_default()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
