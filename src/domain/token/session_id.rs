//! The random id of a session. Only its hash is stored, so that a reader of D1 learns no part of a token.

use crate::crypto::fingerprint::fingerprint;
use base64ct::{Base64UrlUnpadded, Encoding};
use std::fmt;
use subtle::ConstantTimeEq;

/// 128 random bits, 22 characters of base64url in the claim `sid`. It cannot be printed, and comparisons take constant
/// time.
#[derive(Clone)]
pub struct SessionId([u8; 16]);

/// Length of 16 bytes in base64url without padding.
const TEXT_BYTES: usize = 22;

impl SessionId {
    /// Takes random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Parses a claim `sid`. Each id has one text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
        (decoded.len() == 16).then_some(Self(bytes))
    }

    /// The key of the session in D1: lower-case hex SHA-256 of the 22 characters.
    #[must_use]
    pub fn record_id(&self) -> String {
        let mut text = Self::BUFFER;
        fingerprint(self.write(&mut text))
    }

    /// Writes the 22 characters into `buffer`.
    pub fn write<'b>(&self, buffer: &'b mut [u8; TEXT_BYTES]) -> &'b str {
        // Cannot fail: the buffer has the length of the encoding.
        Base64UrlUnpadded::encode(&self.0, buffer).unwrap_or_default()
    }

    /// A buffer for [`Self::write`].
    pub const BUFFER: [u8; TEXT_BYTES] = [0; TEXT_BYTES];
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
    fn debug_is_redacted() {
        assert_eq!(
            format!("{:?}", SessionId::from_bytes([7; 16])),
            "SessionId(redacted)"
        );
    }

    #[test]
    fn record_id_is_the_sha_256_of_the_text() {
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
    fn parse_refuses_other_spellings() {
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
