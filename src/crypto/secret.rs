//! A secret that cannot be printed. It has no `Display`, its `Debug` redacts, and equality takes constant time.
//!
//! Reading one is spelled [`Secret::reveal`], so that a search finds every place where a secret leaves its type.

use std::fmt;
use subtle::ConstantTimeEq;

/// Text that must never reach a log line, an error, a reply, D1 or KV.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; the caller answers for where it goes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is this text; takes constant time.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let (mine, theirs) = (self.0.as_bytes(), text.as_bytes());
        let (mine, my_rest) = mine.as_chunks::<8>();
        let (theirs, their_rest) = theirs.as_chunks::<8>();
        // Eight bytes at a time: one by one they were a tenth of what Rust does for a token that it remembers.
        let words = mine.iter().zip(theirs).fold(0, |differ, (mine, theirs)| {
            differ | (u64::from_le_bytes(*mine) ^ u64::from_le_bytes(*theirs))
        });
        let same = words.ct_eq(&0) & my_rest.ct_eq(their_rest);
        mine.len() == theirs.len() && same.into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(redacted)");
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert!(Secret::new("a").is("a") && !Secret::new("a").is("b"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }

    #[test]
    fn equality_is_by_content_at_every_length_and_place() {
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
