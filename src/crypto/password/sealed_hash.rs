//! Hashes of other systems as they are stored: encrypted, because many of them allow faster guessing than those of this service,
//! and a copy of the database must not be sufficient for guessing.
//!
//! ```text
//! $sealed$keyid=…$ base64 without padding of: nonce (24 bytes) | XChaCha20-Poly1305 of the hash
//! ```
//!
//! The key is derived from the pepper, so that one secret protects all passwords and is rotated once. The additional
//! authenticated data is the user id: a sealed hash that is copied to another row does not open there.

use super::pepper::Pepper;
use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use uuid::Uuid;

const PREFIX: &str = "$sealed$keyid=";
/// A hash of 300 bytes takes 454 characters, and prefix and key id 26.
const MAX_BYTES: usize = 512;
pub(super) const NONCE_BYTES: usize = 24;

/// Whether a stored text is a sealed hash.
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The id of the pepper that sealed the hash, and the sealed bytes; `None` if it is not readable.
pub(super) fn parse(text: &str) -> Option<(&str, Vec<u8>)> {
    let rest = text.strip_prefix(PREFIX)?;
    let (key_id, sealed) = rest.split_once('$').filter(|_| text.len() <= MAX_BYTES)?;
    Some((key_id, Base64Unpadded::decode_vec(sealed).ok()?))
}

/// Seals a hash for this user; `None` if it is too long.
pub(super) fn seal(
    hash: &str,
    user: Uuid,
    nonce: [u8; NONCE_BYTES],
    pepper: &Pepper,
) -> Option<String> {
    let message = Payload {
        msg: hash.as_bytes(),
        aad: user.as_bytes(),
    };
    let sealed = cipher(pepper).encrypt(&XNonce::from(nonce), message).ok()?;
    let bytes = [nonce.as_slice(), &sealed].concat();
    let (key_id, bytes) = (pepper.key_id(), Base64Unpadded::encode_string(&bytes));
    let text = format!("{PREFIX}{key_id}${bytes}");
    (text.len() <= MAX_BYTES).then_some(text)
}

/// Opens the bytes of a hash that was sealed for this user with this pepper.
pub(super) fn open(bytes: &[u8], user: Uuid, pepper: &Pepper) -> Option<String> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let message = Payload {
        msg: sealed,
        aad: user.as_bytes(),
    };
    let hash = cipher(pepper)
        .decrypt(&XNonce::from(*nonce), message)
        .ok()?;
    String::from_utf8(hash).ok()
}

fn cipher(pepper: &Pepper) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(pepper.sealing_key()))
}
