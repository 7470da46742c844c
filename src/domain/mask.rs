//! How a secret is shown to somebody who may know which one it is, and not what it is.

use crate::crypto::secret::Secret;

/// Characters shown at each end.
const SHOWN: usize = 4;
/// Secrets of fewer characters are not shown in part: what is left to guess would be too little.
const LEAST: usize = 24;

/// The first four and the last four characters with so many stars between; of a shorter secret than 24 characters only
/// stars. Either way the length is that of the mask, so it tells nothing of the secret's.
#[must_use]
pub fn mask(secret: &Secret, stars: usize) -> String {
    let text = secret.reveal();
    if text.chars().count() < LEAST {
        return "*".repeat(stars.saturating_add(SHOWN).saturating_add(SHOWN));
    }
    let first = text.chars().take(SHOWN);
    let mut last: Vec<char> = text.chars().rev().take(SHOWN).collect();
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
    fn both_ends_of_a_long_secret_and_nothing_of_a_short_one() {
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
    fn characters_of_several_bytes_are_characters() {
        // 23 characters of four bytes are short; 24 are not, and none is cut.
        assert_eq!(masked(&"🔑".repeat(23), 28), "*".repeat(36));
        assert_eq!(
            masked(&format!("é🔑ñ漢{}åß🗝ø", "漢".repeat(16)), 2),
            "é🔑ñ漢**åß🗝ø"
        );
    }

    proptest! {
        /// Of secrets without a star, whose own could not be told from ours.
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
