//! HMAC-SHA256 (RFC 7518 section 3.2) by jwt-compact, over raw bytes.
//!
//! Only the algorithm of that crate is used. Its token parser obeys what stands in a header and its claims take
//! fractional times; [`super`] reads tokens itself.

use jwt_compact::alg::{Hs256, Hs256Key, Hs256Signature};
use jwt_compact::{Algorithm, AlgorithmSignature};

/// Bytes of a tag; RFC 7518 allows no shorter one.
pub(super) const TAG_LENGTH: usize = 32;

/// One secret, ready to sign and to verify; wiped when dropped.
pub(super) struct MacKey(Hs256Key);

impl MacKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Hs256Key::new(secret))
    }

    /// The tag of a message: [`TAG_LENGTH`] bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        Hs256.sign(&self.0, message).as_bytes().into_owned()
    }

    /// True if this is the message's tag; compares in constant time.
    pub(super) fn verify(&self, message: &[u8], tag: &[u8; TAG_LENGTH]) -> bool {
        // The array's length is what keeps try_from_slice from panicking.
        Hs256Signature::try_from_slice(tag)
            .is_ok_and(|signature| Hs256.verify_signature(&signature, &self.0, message))
    }
}
