//! The keys that sign access tokens: private P-256 keys as JWK (RFC 7517), their ids, and the public halves that are published.

use super::es256::{NUMBER_BYTES, is_private_key};
use super::secret::Secret;
use crate::json::Object;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

const KTY: &str = "EC";
const CRV: &str = "P-256";
const ALG: &str = "ES256";
const USE: &str = "sig";

/// The members of a private key.
const MEMBERS: [&str; 8] = ["kty", "crv", "x", "y", "d", "kid", "alg", "use"];

/// Minimum number of different bytes in a private key, as for all other secrets. It catches placeholders.
const MIN_DISTINCT_BYTES: usize = 8;

/// Why a text is not a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is not an object with exactly the members of a private key, or a member that has a fixed value has another.
    #[error("not a private P-256 key")]
    Members,
    /// A coordinate is not base64url of 32 bytes.
    #[error("a coordinate is not 32 bytes")]
    Coordinate,
    /// The private number is not base64url of 32 random bytes, or not below the order of the curve.
    #[error("the private number is not 32 random bytes")]
    PrivateNumber,
    /// `kid` is not the thumbprint.
    #[error("kid is not the thumbprint of the key")]
    KeyId,
}

/// A P-256 key that signs with ES256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    kid: String,
    x: [u8; NUMBER_BYTES],
    y: [u8; NUMBER_BYTES],
    /// In base64url.
    d: Secret,
}

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct PublicJwk {
    /// Key type: `EC`.
    pub kty: &'static str,
    /// Curve: `P-256`.
    pub crv: &'static str,
    /// First coordinate of the point, in base64url.
    pub x: String,
    /// Second coordinate of the point, in base64url.
    pub y: String,
    /// Id of the key: its SHA-256 thumbprint (RFC 7638). Tokens name it in their header.
    pub kid: String,
    /// Algorithm: `ES256`.
    pub alg: &'static str,
    /// Purpose: `sig`.
    pub r#use: &'static str,
}

impl SigningKey {
    /// Reads a private JWK. Whether the point is on the curve and belongs to the private key is found when the platform imports the
    /// key, because it takes arithmetic that only the platform has.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut jwk = Object::read(text).map_err(|_| KeyError::Members)?;
        let is_known = |name: &str| MEMBERS.contains(&name);
        if jwk.0.len() != MEMBERS.len() || !jwk.0.iter().all(|(name, _)| is_known(name)) {
            return Err(KeyError::Members);
        }
        let mut text = |name| jwk.text(name).map_err(|_| KeyError::Members);
        let (x, y, d, kid) = (
            text("x")?,
            text("y")?,
            Secret::new(text("d")?),
            text("kid")?,
        );
        for (name, value) in [("kty", KTY), ("crv", CRV), ("alg", ALG), ("use", USE)] {
            if text(name)? != value {
                return Err(KeyError::Members);
            }
        }
        let key = Self {
            x: number(&x).ok_or(KeyError::Coordinate)?,
            y: number(&y).ok_or(KeyError::Coordinate)?,
            kid,
            d,
        };
        let private = number(key.d.reveal()).filter(|d| is_private_key(d) && is_varied(d));
        private.ok_or(KeyError::PrivateNumber)?;
        if key.kid == key.thumbprint() {
            Ok(key)
        } else {
            Err(KeyError::KeyId)
        }
    }

    /// The id of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The coordinates of the public point.
    #[must_use]
    pub fn point(&self) -> (&[u8; NUMBER_BYTES], &[u8; NUMBER_BYTES]) {
        (&self.x, &self.y)
    }

    /// The private number, in base64url.
    #[must_use]
    pub fn private_number(&self) -> &Secret {
        &self.d
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicJwk {
        PublicJwk {
            kty: KTY,
            crv: CRV,
            x: Base64UrlUnpadded::encode_string(&self.x),
            y: Base64UrlUnpadded::encode_string(&self.y),
            kid: self.kid.clone(),
            alg: ALG,
            r#use: USE,
        }
    }

    /// RFC 7638: SHA-256 of the required members in alphabetical order.
    fn thumbprint(&self) -> String {
        let PublicJwk { x, y, .. } = self.public();
        let members = format!(r#"{{"crv":"{CRV}","kty":"{KTY}","x":"{x}","y":"{y}"}}"#);
        Base64UrlUnpadded::encode_string(&Sha256::digest(members))
    }
}

/// All signing keys. One of them signs; tokens of the others are still accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeys {
    active: SigningKey,
    others: Vec<SigningKey>,
}

impl SigningKeys {
    /// `others` must not contain the active key.
    #[must_use]
    pub fn new(active: SigningKey, others: Vec<SigningKey>) -> Self {
        Self { active, others }
    }

    /// The active key, then the others.
    pub fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.active).chain(&self.others)
    }

    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> &SigningKey {
        &self.active
    }
}

/// 32 bytes in base64url without padding. Other spellings of the same bytes are refused.
fn number(text: &str) -> Option<[u8; NUMBER_BYTES]> {
    let mut bytes = [0; NUMBER_BYTES];
    let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (length == NUMBER_BYTES).then_some(bytes)
}

fn is_varied(bytes: &[u8; NUMBER_BYTES]) -> bool {
    let mut sorted = *bytes;
    sorted.sort_unstable();
    sorted.chunk_by(|one, other| one == other).count() >= MIN_DISTINCT_BYTES
}

#[cfg(test)]
mod tests;
