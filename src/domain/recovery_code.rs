//! Recovery codes, which replace a factor that a user has lost. A code has 64 random bits and is used once.

use super::totp::base32;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use uuid::Uuid;

/// Number of codes that a user gets.
pub const CODES: usize = 10;
/// Random bytes of a code.
pub const CODE_BYTES: usize = 8;

/// Crockford's base32 in lower case: without the letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Length without hyphens.
const LETTERS: usize = 13;

/// A recovery code in canonical form: 13 letters and digits.
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A code of these random bytes.
    #[must_use]
    pub fn new(bytes: [u8; CODE_BYTES]) -> Self {
        Self(base32(&bytes, ALPHABET))
    }

    /// Reads a code that a user typed. Case, hyphens and spaces do not matter, and letters that look like digits are read as digits.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut code = String::new();
        for letter in typed.chars().filter(|letter| !" -\t".contains(*letter)) {
            let letter = match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            let is_known = u8::try_from(letter).is_ok_and(|letter| ALPHABET.contains(&letter));
            if !is_known || code.len() == LETTERS {
                return None;
            }
            code.push(letter);
        }
        (code.len() == LETTERS).then_some(Self(code))
    }

    /// The form that is shown: `xxxx-xxxx-xxxx-x`.
    #[must_use]
    pub fn shown(&self) -> Secret {
        let mut text = String::new();
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place.is_multiple_of(4) {
                text.push('-');
            }
            text.push(letter);
        }
        Secret::new(text)
    }

    /// What is stored: a hash of the user's id and the code. A code has 64 random bits, too many to find it by hashing guesses.
    #[must_use]
    pub fn hash(&self, user: Uuid) -> String {
        fingerprint(&format!("{user}:{}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_read_in_every_spelling() {
        let code = RecoveryCode::new([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6]);
        let shown = code.shown();
        assert_eq!(shown.reveal(), "0123-4567-89ab-c");
        let user = Uuid::from_u128(7);
        let spellings = [
            "0123-4567-89ab-c",
            "0123456789ABC",
            " o i23 4567-89AB-C ",
            "OL23-4567-89ab-c",
        ];
        for spelling in spellings {
            let read = RecoveryCode::parse(spelling).expect(spelling);
            assert_eq!(read.hash(user), code.hash(user), "{spelling}");
        }
        for other in [
            "",
            "0123-4567-89ab",
            "0123-4567-89ab-cd",
            "u123-4567-89ab-c",
            "0123_4567_89ab_c",
            "０123-4567-89ab-c",
        ] {
            assert!(RecoveryCode::parse(other).is_none(), "{other}");
        }
        assert_ne!(code.hash(user), code.hash(Uuid::from_u128(8)));
    }
}
