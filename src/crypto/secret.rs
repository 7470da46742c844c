//! A secret that cannot be printed: it has no `Display`, its `Debug` is redacted, and comparisons take constant time.
//!
//! Every use of the text is a call of [`Secret::reveal`], so that a search finds them all.

use serde::{Deserialize, Deserializer};
use std::fmt;
use subtle::ConstantTimeEq;

/// A text that must not appear in logs, errors, D1 or KV.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. The caller must make sure that it appears in no log and no error, and is not stored.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is this text. Takes constant time for texts of the same length.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(redacted)");
    }

    #[test]
    fn secrets_with_the_same_text_are_equal() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert!(Secret::new("a").is("a") && !Secret::new("a").is("b"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }

    #[test]
    fn secret_is_not_a_text_of_another_length_or_with_another_character() {
        assert!(!Secret::new("12345678").is(&"12345678".repeat(2)));
        let text: String = ('a'..='z').chain('A'..='Z').collect();
        for length in 0..=40 {
            let secret = Secret::new(&text[..length]);
            for other in 0..=40 {
                assert_eq!(
                    secret.is(&text[..other]),
                    length == other,
                    "{length} {other}"
                );
            }
            for place in 0..length {
                let mut changed = text[..length].to_owned();
                changed.replace_range(place..=place, "_");
                assert!(!secret.is(&changed), "{length} {place}");
            }
        }
    }
}
