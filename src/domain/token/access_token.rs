//! Access tokens of OAuth clients: JWTs of the profile `at+jwt` (RFC 9068), signed with ES256.
//!
//! Like a session token, an access token is accepted only if it is, byte for byte, a token that this service issues for its claims:
//! one header for each key, one order and spelling of the claims, and one form of the signature. So nothing in the header is ever
//! read, and a session token is never an access token. The signature itself is made and verified by the platform.

use super::LEEWAY_SECONDS;
use crate::crypto::es256::{SIGNATURE_BYTES, Signature};
use crate::domain::role::Role;
use crate::json;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Seconds from `iat` to `exp`. Services that verify tokens themselves accept a token of a revoked grant for this long.
pub const ACCESS_TOKEN_SECONDS: i64 = 600;

/// Maximum length of a token. Servers refuse longer headers.
pub const MAX_ACCESS_TOKEN_BYTES: usize = 8_192;

/// The claims of an access token, except for `iss`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// `sub`: id of the user, or of the client if it acts for no user.
    pub subject: String,
    /// `aud`: the resource that may accept the token, or the issuer.
    pub audience: String,
    /// `client_id`.
    pub client: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `jti`: a random UUID.
    pub id: Uuid,
    /// `scope`: the scopes, separated by spaces. Without a scope, the token has no such claim.
    pub scope: String,
    /// `gid`: id of the grant.
    pub grant: Option<String>,
    /// `auth_time`: when the user last authenticated.
    pub authenticated_at: Option<Timestamp>,
    /// `roles`: roles of the user. Without a role, the token has no such claim.
    pub roles: Vec<Role>,
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessTokenRejection {
    /// The token is authentic but has expired.
    #[error("the access token has expired")]
    Expired,
    /// This service did not issue the token for this audience, or `iat` is in the future.
    #[error("the access token is not valid")]
    Invalid,
}

/// A token that has the form in which it is issued. Its signature is not verified yet.
#[derive(Debug)]
pub struct UnverifiedAccessToken<'t, 'k> {
    /// The claims. They must not be used before the signature is verified.
    pub claims: AccessClaims,
    /// The id of the key with which it must be signed.
    pub kid: &'k str,
    /// The text that is signed.
    pub message: &'t [u8],
    /// The signature.
    pub signature: Signature,
}

/// The claims in the order in which they are written.
#[derive(Serialize, Deserialize)]
struct Content {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    exp: i64,
    iat: i64,
    jti: Uuid,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
}

/// The part of a token that is signed: its header with this key id, and its claims.
#[must_use]
pub fn message(issuer: &str, kid: &str, claims: &AccessClaims) -> String {
    let mut message = header(kid);
    message.push('.');
    message.push_str(&payload(issuer, claims));
    message
}

/// The token with this signature of its [`message`]; `None` if it is longer than [`MAX_ACCESS_TOKEN_BYTES`].
#[must_use]
pub fn signed(mut message: String, signature: &Signature) -> Option<String> {
    message.push('.');
    message.push_str(&Base64UrlUnpadded::encode_string(signature));
    (message.len() <= MAX_ACCESS_TOKEN_BYTES).then_some(message)
}

/// Reads a token that this issuer may have signed with one of these keys.
pub fn read<'t, 'k>(
    text: &'t str,
    issuer: &str,
    kids: impl IntoIterator<Item = &'k str>,
) -> Option<UnverifiedAccessToken<'t, 'k>> {
    let parts = split(text, kids, header)?;
    let claims = claims(parts.payload)?;
    (payload(issuer, &claims) == parts.payload).then_some(UnverifiedAccessToken {
        claims,
        kid: parts.kid,
        message: parts.message,
        signature: parts.signature,
    })
}

/// The parts of a token. Its signature is not verified yet.
pub(super) struct Parts<'t, 'k> {
    pub payload: &'t str,
    pub kid: &'k str,
    pub message: &'t [u8],
    pub signature: Signature,
}

/// The parts of a token whose header segment is that of one of these keys.
pub(super) fn split<'t, 'k>(
    text: &'t str,
    kids: impl IntoIterator<Item = &'k str>,
    header: fn(&str) -> String,
) -> Option<Parts<'t, 'k>> {
    if text.len() > MAX_ACCESS_TOKEN_BYTES {
        return None;
    }
    let (message, last) = text.rsplit_once('.')?;
    let (first, payload) = message.split_once('.')?;
    let kid = kids.into_iter().find(|kid| header(kid) == first)?;
    let mut signature = [0; SIGNATURE_BYTES];
    let length = Base64UrlUnpadded::decode(last, &mut signature).ok()?.len();
    (length == SIGNATURE_BYTES).then_some(Parts {
        payload,
        kid,
        message: message.as_bytes(),
        signature,
    })
}

impl AccessClaims {
    /// Checks audience and times. A token is valid from [`LEEWAY_SECONDS`] before `iat`, because clocks differ, to just before `exp`:
    /// clients know when it expires, and get the next one in time.
    ///
    /// # Errors
    /// [`AccessTokenRejection`].
    pub fn check(&self, audience: &str, now: Timestamp) -> Result<(), AccessTokenRejection> {
        let life = self
            .expires_at
            .seconds()
            .saturating_sub(self.issued_at.seconds());
        let are_times_possible = (1..=ACCESS_TOKEN_SECONDS).contains(&life)
            && self.issued_at.seconds() >= 0
            && self.issued_at <= now.plus(LEEWAY_SECONDS)
            && self.authenticated_at.is_none_or(|authenticated_at| {
                (0..=self.issued_at.seconds()).contains(&authenticated_at.seconds())
            });
        if self.audience != audience || !are_times_possible {
            return Err(AccessTokenRejection::Invalid);
        }
        if self.expires_at <= now {
            return Err(AccessTokenRejection::Expired);
        }
        Ok(())
    }
}

/// The header segment of tokens that this key signs.
fn header(kid: &str) -> String {
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#);
    Base64UrlUnpadded::encode_string(header.as_bytes())
}

fn payload(issuer: &str, claims: &AccessClaims) -> String {
    let claims = claims.clone();
    let content = Content {
        iss: issuer.to_owned(),
        sub: claims.subject,
        aud: claims.audience,
        client_id: claims.client,
        exp: claims.expires_at.seconds(),
        iat: claims.issued_at.seconds(),
        jti: claims.id,
        scope: claims.scope,
        gid: claims.grant,
        auth_time: claims.authenticated_at.map(Timestamp::seconds),
        roles: claims.roles,
    };
    // Cannot fail: only strings and numbers are serialized.
    let json = serde_json::to_string(&content).unwrap_or_default();
    Base64UrlUnpadded::encode_string(json.as_bytes())
}

/// The claims of a payload segment. The issuer is compared when the claims are written again.
fn claims(segment: &str) -> Option<AccessClaims> {
    let json = Base64UrlUnpadded::decode_vec(segment).ok()?;
    let content: Content = json::from_str(std::str::from_utf8(&json).ok()?).ok()?;
    Some(AccessClaims {
        subject: content.sub,
        audience: content.aud,
        client: content.client_id,
        issued_at: Timestamp::from_seconds(content.iat),
        expires_at: Timestamp::from_seconds(content.exp),
        id: content.jti,
        scope: content.scope,
        grant: content.gid,
        authenticated_at: content.auth_time.map(Timestamp::from_seconds),
        roles: content.roles,
    })
}
