//! The random name of a session. Who knows it can write half a token, so only its hashes are ever stored.

use crate::crypto::fingerprint::fingerprint;
use encoding::{from_base64url, to_base64url};
use std::fmt;
use subtle::ConstantTimeEq;

/// 128 random bits, written as 22 characters of base64url in a token's `sid`. It cannot be printed, and equality takes
/// constant time.
#[derive(Clone)]
pub struct SessionId([u8; 16]);

/// Characters of 16 bytes in base64url without padding.
const TEXT_LENGTH: usize = 22;

impl SessionId {
    /// The session of these bytes, which the caller draws at random.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads the 22 characters of a `sid`; another length, alphabet or spelling of the same bytes is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let decoded = from_base64url(text, &mut bytes)?;
        (decoded.len() == 16).then_some(Self(bytes))
    }

    /// The session's key in D1: lower-case hex of SHA-256 over the 22 characters.
    #[must_use]
    pub fn record_id(&self) -> String {
        let mut text = [0; TEXT_LENGTH];
        fingerprint(self.write(&mut text))
    }

    /// Writes the 22 characters into `buffer`.
    pub(super) fn write<'b>(&self, buffer: &'b mut [u8; TEXT_LENGTH]) -> &'b str {
        // Cannot fail: the buffer has exactly the length of the encoding.
        to_base64url(&self.0, buffer).unwrap_or_default()
    }

    /// A place to [`Self::write`] to.
    pub(super) const BUFFER: [u8; TEXT_LENGTH] = [0; TEXT_LENGTH];
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionId(redacted)")
    }
}

impl PartialEq for SessionId {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SessionId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_bytes() {
        assert_eq!(
            format!("{:?}", SessionId::from_bytes([7; 16])),
            "SessionId(redacted)"
        );
    }

    #[test]
    fn the_record_id_is_a_hash_of_the_text() {
        let id = SessionId::from_bytes(*b"0123456789abcdef");
        let mut text = SessionId::BUFFER;
        assert_eq!(id.write(&mut text), "MDEyMzQ1Njc4OWFiY2RlZg");
        // printf MDEyMzQ1Njc4OWFiY2RlZg | sha256sum
        assert_eq!(
            id.record_id(),
            "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96"
        );
    }

    #[test]
    fn one_spelling_is_read() {
        let id = SessionId::from_bytes(*b"0123456789abcdef");
        assert_eq!(SessionId::parse("MDEyMzQ1Njc4OWFiY2RlZg"), Some(id));
        for text in [
            "",
            "MDEyMzQ1Njc4OWFiY2RlZ",
            "MDEyMzQ1Njc4OWFiY2RlZgA",
            "MDEyMzQ1Njc4OWFiY2RlZh",
            "MDEyMzQ1Njc4OWFiY2RlZg==",
            " MDEyMzQ1Njc4OWFiY2RlZ",
            "MDEyMzQ1Njc4OWFiY2Rl+g",
            "MDEyMzQ1Njc4OWFiY2RlZw\n",
            "MDEyMzQ1Njc4OWFiY2Rlé",
        ] {
            assert_eq!(SessionId::parse(text), None, "{text:?}");
        }
    }
}
