//! Sealed handles: what a visitor carries for us, and can neither read, change, use elsewhere nor use for long.
//!
//! A handle is base64url without padding of
//!
//! ```text
//! version (1 byte, 1) | nonce (24) | XChaCha20-Poly1305 of: end (8, seconds since 1970, big-endian) | JSON
//! ```
//!
//! Its key is HKDF-SHA256 (RFC 5869, no salt) of the handle secret with the purpose as `info`, so that a handle of one
//! kind is noise as another. Authenticated with it: the version byte, then the caller's associated data. A handle names
//! no key: while secrets change it is tried with the current one, then with the previous one. The cipher does not
//! commit to its key, which matters only where attackers choose keys.

use crate::crypto::secret::Secret;
use crate::json::{FromJson, Object};
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use sha2::Sha256;
use thiserror::Error;

/// Bytes that a handle secret must have at least.
pub const SHORTEST_SECRET: usize = 32;
/// Characters of the longest handle: 8 KiB.
pub const LONGEST_HANDLE: usize = 8192;
/// Bytes of a nonce. At this length random ones do not repeat.
pub const NONCE_LENGTH: usize = 24;

const VERSION: u8 = 1;

/// What a handle is for. Handles of different purposes have different keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The `client_secret` of `/register-client`.
    ClientSecret,
    /// The `device_code` of `/device-authorization`.
    DeviceCode,
    /// Our registration as a client of AWS, which is kept in KV.
    ClientRegistration,
    /// The cookie of a device on which somebody signed in.
    KnownDevice,
}

/// Why there is no [`Sealer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealerError {
    /// The current secret has fewer than [`SHORTEST_SECRET`] bytes.
    #[error("the handle secret is shorter than {SHORTEST_SECRET} bytes")]
    CurrentTooShort,
    /// The previous secret has fewer than [`SHORTEST_SECRET`] bytes.
    #[error("the previous handle secret is shorter than {SHORTEST_SECRET} bytes")]
    PreviousTooShort,
}

/// Why a value was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// It has no JSON form.
    #[error("the value has no JSON form")]
    NoJson,
    /// The handle would be longer than [`LONGEST_HANDLE`].
    #[error("the handle would be longer than {LONGEST_HANDLE} characters")]
    TooLong,
}

/// Why a handle was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// We did not seal it, or not for this purpose, or not with this associated data, or it holds another type.
    #[error("the handle is not valid")]
    Invalid,
    /// It was valid until its end.
    #[error("the handle has expired")]
    Expired,
}

/// Seals and opens handles.
pub struct Sealer {
    current: Hkdf<Sha256>,
    previous: Option<Hkdf<Sha256>>,
}

impl Sealer {
    /// A sealer with these secrets, which are used as their UTF-8 bytes. Handles sealed with the previous one still open.
    ///
    /// # Errors
    /// [`SealerError`] if a secret is too short.
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Result<Self, SealerError> {
        Ok(Self {
            current: extract(current).ok_or(SealerError::CurrentTooShort)?,
            previous: previous
                .map(|secret| extract(secret).ok_or(SealerError::PreviousTooShort))
                .transpose()?,
        })
    }

    /// A handle that holds `payload` until just before `expires_at`, for who gives the same purpose and associated
    /// data. The nonce is random and must never be used again.
    ///
    /// # Errors
    /// [`SealError`] if the payload cannot be written as JSON or is too large: over about 6,000 bytes.
    pub fn seal(
        &self,
        purpose: Purpose,
        associated: &[u8],
        expires_at: Timestamp,
        payload: &impl Serialize,
        nonce: [u8; NONCE_LENGTH],
    ) -> Result<String, SealError> {
        let mut text = expires_at.seconds().to_be_bytes().to_vec();
        serde_json::to_writer(&mut text, payload).map_err(|_| SealError::NoJson)?;
        let message = Payload {
            msg: &text,
            aad: &authenticated(associated),
        };
        // The cipher refuses nothing but texts of more than 256 GiB.
        let sealed = cipher(&self.current, purpose)
            .and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), message).ok())
            .ok_or(SealError::TooLong)?;
        let handle = [&[VERSION], nonce.as_slice(), &sealed].concat();
        // Asked by length first: the encoder's own limit is not one to reach.
        if handle.len() > LONGEST_HANDLE / 4 * 3 {
            return Err(SealError::TooLong);
        }
        Ok(Base64UrlUnpadded::encode_string(&handle))
    }

    /// What the handle holds, if it was sealed for this purpose and this associated data and has not ended.
    ///
    /// # Errors
    /// [`OpenError::Expired`] at and after the end of a handle of ours, [`OpenError::Invalid`] in all other cases.
    pub fn open<T: FromJson>(
        &self,
        purpose: Purpose,
        associated: &[u8],
        handle: &str,
        now: Timestamp,
    ) -> Result<T, OpenError> {
        let text = self
            .decrypt(purpose, associated, handle)
            .ok_or(OpenError::Invalid)?;
        let (end, json) = text.split_first_chunk().ok_or(OpenError::Invalid)?;
        if now.seconds() >= i64::from_be_bytes(*end) {
            return Err(OpenError::Expired);
        }
        let json = std::str::from_utf8(json).map_err(|_| OpenError::Invalid)?;
        let object = Object::read(json);
        object
            .and_then(|mut object| T::from_json(&mut object))
            .map_err(|_| OpenError::Invalid)
    }

    /// The text of a handle that one of our secrets sealed.
    fn decrypt(&self, purpose: Purpose, associated: &[u8], handle: &str) -> Option<Vec<u8>> {
        if handle.len() > LONGEST_HANDLE {
            return None;
        }
        // One spelling only: padding, other characters and unused bits are refused.
        let bytes = Base64UrlUnpadded::decode_vec(handle).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        if *version != VERSION {
            return None;
        }
        let aad = authenticated(associated);
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find_map(|secret| {
                let message = Payload {
                    msg: sealed,
                    aad: &aad,
                };
                cipher(secret, purpose)?
                    .decrypt(&XNonce::from(*nonce), message)
                    .ok()
            })
    }
}

impl Purpose {
    /// What the key is derived for. Changing one ends all handles of its kind.
    fn label(self) -> &'static [u8] {
        match self {
            Self::ClientSecret => b"Edge Auth handle 1: client_secret",
            Self::DeviceCode => b"Edge Auth handle 1: device_code",
            Self::ClientRegistration => b"Edge Auth handle 1: AWS client registration",
            Self::KnownDevice => b"Edge Auth handle 1: known device",
        }
    }
}

/// None if the secret is too short.
fn extract(secret: &Secret) -> Option<Hkdf<Sha256>> {
    let bytes = secret.reveal().as_bytes();
    (bytes.len() >= SHORTEST_SECRET).then(|| Hkdf::new(None, bytes))
}

/// The cipher of one purpose; HKDF gives any key of fewer than 8,160 bytes, so this is never None.
fn cipher(secret: &Hkdf<Sha256>, purpose: Purpose) -> Option<XChaCha20Poly1305> {
    let mut key = Key::default();
    secret.expand(purpose.label(), &mut key).ok()?;
    Some(XChaCha20Poly1305::new(&key))
}

/// What is authenticated beside the text.
fn authenticated(associated: &[u8]) -> Vec<u8> {
    [&[VERSION], associated].concat()
}

#[cfg(test)]
mod tests;
