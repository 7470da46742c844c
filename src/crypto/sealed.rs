//! Sealed handles: encrypted and authenticated values that clients keep for the service. Each has a purpose, associated data
//! and a time at which it expires.
//!
//! A handle is base64url without padding of
//!
//! ```text
//! version (1 byte, 1) | nonce (24) | XChaCha20-Poly1305 of: expiry (8, seconds since 1970, big-endian) | JSON
//! ```
//!
//! The key is HKDF-SHA-256 (RFC 5869, no salt) of `HANDLE_KEY` with the purpose as `info`, so that a handle of one purpose
//! does not open for another. The additional authenticated data is the version byte, then the caller's associated data. A
//! handle does not name its key: during a rotation the current secret is tried first, then the previous one. The cipher is
//! not key-committing, which matters only where attackers choose keys.

use crate::crypto::secret::Secret;
use crate::json;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use thiserror::Error;

/// Minimum length of a handle secret.
pub const MIN_SECRET_BYTES: usize = 32;
/// Maximum length of a handle.
pub const MAX_HANDLE_BYTES: usize = 8192;
/// Length of a nonce. Random nonces of this length do not repeat.
pub const NONCE_BYTES: usize = 24;

const VERSION: u8 = 1;

/// Purpose of a handle. Each purpose has its own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The `client_secret` of `/register-client`.
    ClientSecret,
    /// The `device_code` of `/device-authorization`.
    DeviceCode,
    /// The registration of this service as a client of AWS, in KV.
    ClientRegistration,
    /// The cookie of a recognised device.
    RecognisedDevice,
    /// The session cookie.
    Session,
    /// The `state` of a passkey ceremony.
    Challenge,
    /// The secret of one-time codes, in D1.
    Totp,
    /// The `request` of the consent page: an authorization request.
    AuthorizationRequest,
    /// The `request` of the page that asks whether to sign out: a sign-out request of an OAuth client.
    SignOutRequest,
}

/// Why a [`Sealer`] was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealerError {
    /// The current secret has fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("the handle secret is shorter than {MIN_SECRET_BYTES} bytes")]
    CurrentTooShort,
    /// The previous secret has fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("the previous handle secret is shorter than {MIN_SECRET_BYTES} bytes")]
    PreviousTooShort,
}

/// Why a value was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// It cannot be serialized as JSON.
    #[error("the value cannot be serialized as JSON")]
    NotJson,
    /// The handle would be longer than [`MAX_HANDLE_BYTES`].
    #[error("the handle would be longer than {MAX_HANDLE_BYTES} bytes")]
    TooLong,
}

/// Why a handle was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It was not sealed by this service for this purpose and associated data, or it contains another type.
    #[error("the handle is not valid")]
    Invalid,
    /// It was valid and has expired.
    #[error("the handle has expired")]
    Expired,
}

/// Seals and opens handles.
pub struct Sealer {
    current: Hkdf<Sha256>,
    previous: Option<Hkdf<Sha256>>,
}

impl Sealer {
    /// Takes the secrets as their UTF-8 bytes. Handles sealed with the previous one still open.
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

    /// Seals `payload` in a handle, which opens only before `expires_at`, and only with the same purpose and associated data.
    /// The nonce must be random.
    ///
    /// # Errors
    /// [`SealError`] if the payload cannot be serialized or has more than about 6,000 bytes.
    pub fn seal(
        &self,
        purpose: Purpose,
        associated: &[u8],
        expires_at: Timestamp,
        payload: &impl Serialize,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<String, SealError> {
        let mut text = expires_at.seconds().to_be_bytes().to_vec();
        serde_json::to_writer(&mut text, payload).map_err(|_| SealError::NotJson)?;
        let message = Payload {
            msg: &text,
            aad: &authenticated(associated),
        };
        // The cipher only fails for more than 256 GiB.
        let sealed = cipher(&self.current, purpose)
            .and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), message).ok())
            .ok_or(SealError::TooLong)?;
        let handle = [&[VERSION], nonce.as_slice(), &sealed].concat();
        if handle.len() > MAX_HANDLE_BYTES / 4 * 3 {
            return Err(SealError::TooLong);
        }
        Ok(Base64UrlUnpadded::encode_string(&handle))
    }

    /// Opens a handle that was sealed for this purpose and associated data and has not expired.
    ///
    /// # Errors
    /// [`OpenError::Expired`] from `expires_at` on, [`OpenError::Invalid`] in all other cases.
    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        associated: &[u8],
        handle: &str,
        now: Timestamp,
    ) -> Result<T, OpenError> {
        let text = self
            .decrypt(purpose, associated, handle)
            .ok_or(OpenError::Invalid)?;
        let (expires_at, payload) = text.split_first_chunk().ok_or(OpenError::Invalid)?;
        if now.seconds() >= i64::from_be_bytes(*expires_at) {
            return Err(OpenError::Expired);
        }
        let payload = std::str::from_utf8(payload).map_err(|_| OpenError::Invalid)?;
        json::from_str(payload).map_err(|_| OpenError::Invalid)
    }

    /// The plaintext, if one of the secrets sealed the handle.
    fn decrypt(&self, purpose: Purpose, associated: &[u8], handle: &str) -> Option<Vec<u8>> {
        if handle.len() > MAX_HANDLE_BYTES {
            return None;
        }
        // Refuses padding, other characters and nonzero unused bits, so each handle has one spelling.
        let bytes = Base64UrlUnpadded::decode_vec(handle).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
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
    /// Label of the derived key. Changing a label invalidates all handles of its purpose.
    fn label(self) -> &'static [u8] {
        match self {
            Self::ClientSecret => b"Edge Auth handle 1: client_secret",
            Self::DeviceCode => b"Edge Auth handle 1: device_code",
            Self::ClientRegistration => b"Edge Auth handle 1: AWS client registration",
            Self::RecognisedDevice => b"Edge Auth handle 1: recognised device",
            Self::Session => b"Edge Auth handle 1: session",
            Self::Challenge => b"Edge Auth handle 1: challenge",
            Self::Totp => b"Edge Auth handle 1: TOTP secret",
            Self::AuthorizationRequest => b"Edge Auth handle 1: authorization request",
            Self::SignOutRequest => b"Edge Auth handle 1: sign-out request",
        }
    }
}

/// `None` if the secret is too short.
fn extract(secret: &Secret) -> Option<Hkdf<Sha256>> {
    let bytes = secret.reveal().as_bytes();
    (bytes.len() >= MIN_SECRET_BYTES).then(|| Hkdf::new(None, bytes))
}

/// The cipher of one purpose. Never `None`: HKDF derives keys of any length up to 8,160 bytes.
fn cipher(secret: &Hkdf<Sha256>, purpose: Purpose) -> Option<XChaCha20Poly1305> {
    let mut key = Key::default();
    secret.expand(purpose.label(), &mut key).ok()?;
    Some(XChaCha20Poly1305::new(&key))
}

/// The additional authenticated data.
fn authenticated(associated: &[u8]) -> Vec<u8> {
    [&[VERSION], associated].concat()
}

#[cfg(test)]
mod tests;
