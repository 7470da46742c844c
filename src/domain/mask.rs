//! Masks secrets, so that an administrator can tell which secret is configured without seeing it.

use crate::crypto::secret::Secret;

/// Characters shown at each end.
const SHOWN_CHARACTERS: usize = 4;
/// Secrets of fewer characters are masked completely, because too little would remain secret.
const MIN_MASKABLE_CHARACTERS: usize = 24;

/// The first and the last four characters with this many stars between them, or only stars for a secret of fewer than 24
/// characters. The result has the same length in both cases and does not reveal the length of the secret.
#[must_use]
pub fn mask(secret: &Secret, stars: usize) -> String {
    let text = secret.reveal();
    if text.chars().count() < MIN_MASKABLE_CHARACTERS {
        return "*".repeat(stars.saturating_add(2 * SHOWN_CHARACTERS));
    }
    let first = text.chars().take(SHOWN_CHARACTERS);
    let mut last: Vec<char> = text.chars().rev().take(SHOWN_CHARACTERS).collect();
    last.reverse();
    first
        .chain(std::iter::repeat_n('*', stars))
        .chain(last)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(text: &str, stars: usize) -> String {
        mask(&Secret::new(text), stars)
    }

    #[test]
    fn long_secret_shows_both_ends_and_short_secret_nothing() {
        assert_eq!(
            masked("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYX", 28),
            format!("wJal{}KEYX", "*".repeat(28))
        );
        assert_eq!(
            masked("nvapi-0123456789012345678901234567890xxxx", 36),
            format!("nvap{}xxxx", "*".repeat(36))
        );
        assert_eq!(
            masked("abcdefghijklmnopqrstuvwx", 28),
            format!("abcd{}uvwx", "*".repeat(28))
        );
        for short in ["", "a", "abcdefghijklmnopqrstuvw"] {
            assert_eq!(masked(short, 28), "*".repeat(36));
        }
    }

    #[test]
    fn characters_of_several_bytes_are_counted_and_kept_whole() {
        assert_eq!(masked(&"🔑".repeat(23), 28), "*".repeat(36));
        assert_eq!(
            masked(&format!("é🔑ñ漢{}åß🗝ø", "漢".repeat(16)), 2),
            "é🔑ñ漢**åß🗝ø"
        );
    }

    proptest! {
        /// The secrets contain no stars, because those could not be distinguished from the stars of the mask.
        #[test]
        fn no_five_characters_in_a_row_are_shown(secret in "[^*]{1,200}", stars in 1_usize..40) {
            let masked = masked(&secret, stars);
            prop_assert_eq!(masked.chars().count(), stars + 8);
            let characters: Vec<char> = secret.chars().collect();
            for five in characters.windows(5) {
                prop_assert!(!masked.contains(&five.iter().collect::<String>()));
            }
        }
    }
}
