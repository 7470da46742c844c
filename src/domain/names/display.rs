//! Texts that are shown: names of users and organizations, and untrusted texts.

use super::{MAX_INPUT_BYTES, NameError, is_invisible, is_noncharacter, trimmed};
use crate::unicode::{nfc, upper_character};

/// Maximum code points of a text.
const MAX_TEXT_CHARACTERS: usize = 128;

/// Makes an untrusted text safe to show, store and log: truncates it to this many bytes, and replaces every control,
/// bidirectional or invisible character with `?`.
#[must_use]
pub fn shown(text: &str, max_bytes: usize) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        let c = match c {
            ' ' => c,
            _ if c.is_control() || is_invisible(c) => '?',
            _ if c.is_whitespace() => ' ',
            _ => c,
        };
        if shown.len().saturating_add(c.len_utf8()) > max_bytes {
            break;
        }
        shown.push(c);
    }
    shown
}

/// A text that is shown, such as the name of a user or an organization, trimmed and in NFC.
///
/// # Errors
/// [`NameError::Text`] if it does not have 1 to 128 code points, or has only spaces, or a control or reordering character, or one that
/// Unicode never assigns.
pub fn text(text: &str) -> Result<String, NameError> {
    let text = trimmed(text);
    if text.len() > MAX_INPUT_BYTES {
        return Err(NameError::Text);
    }
    let normal = nfc(text);
    let reorders = |c| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let is_text = (1..=MAX_TEXT_CHARACTERS).contains(&normal.chars().count())
        && !normal.chars().all(char::is_whitespace)
        && !normal
            .chars()
            .any(|c| c.is_control() || is_noncharacter(c) || reorders(c));
    is_text.then_some(normal).ok_or(NameError::Text)
}

/// A name to show for a user if only the user name is known: `John Doe` for `john.doe`, `AWS User` for `aws-user`. If
/// the user name is an address, its local part is used.
#[must_use]
pub fn full_name_from(username: &str) -> String {
    let local = username
        .split_once('@')
        .map_or(username, |(local, _)| local);
    let words: Vec<String> = local
        .split(['.', '_', '-'])
        .filter(|word| !word.is_empty())
        .map(capitalised)
        .collect();
    if words.is_empty() {
        return username.to_owned();
    }
    words.join(" ")
}

fn capitalised(word: &str) -> String {
    if word.eq_ignore_ascii_case("aws") {
        return "AWS".to_owned();
    }
    let mut letters = word.chars();
    letters
        .next()
        .into_iter()
        .map(upper_character)
        .chain(letters.map(String::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_normalized_and_control_characters_are_refused() {
        for (given, expected) in [
            ("John Doe", "John Doe"),
            ("O'Brien; DROP TABLE users", "O'Brien; DROP TABLE users"),
            ("Cafe\u{301} \u{1f600}", "Caf\u{e9} \u{1f600}"),
            ("eu-north-1", "eu-north-1"),
        ] {
            assert_eq!(text(given).as_deref(), Ok(expected));
        }
        assert!(text(&"\u{1f600}".repeat(128)).is_ok());
        for given in [
            "",
            " ",
            "\u{3000}",
            "a\nb",
            "a\u{0}b",
            "a\u{9f}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{fdd0}b",
            "a\u{10ffff}b",
        ] {
            assert_eq!(text(given), Err(NameError::Text), "{given:?}");
        }
        assert!(text(&"a".repeat(129)).is_err());
        assert!(text(&"a".repeat(1_000_000)).is_err());
    }

    #[test]
    fn shown_text_has_no_control_or_bidirectional_characters() {
        for (given, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64)",
                "Mozilla/5.0 (X11; Linux x86_64)",
            ),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e", "a?b?c?d?e"),
            ("a\u{1b}[2Jb\u{7f}\u{9b}c\nd\0", "a?[2Jb??c?d?"),
            ("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}e", "a?b?c?d?e"),
            ("a\u{a0}b\u{3000}c", "a b c"),
            ("\u{65e5}\u{672c}", "\u{65e5}\u{672c}"),
            ("", ""),
        ] {
            assert_eq!(shown(given, 256), expected, "{given:?}");
        }
        assert_eq!(shown("\u{65e5}\u{672c}", 5), "\u{65e5}");
        assert_eq!(shown(&"\u{1f400}".repeat(200), 256).len(), 256);
        assert_eq!(shown(&"\u{65e5}".repeat(200), 256).len(), 255);
    }

    #[test]
    fn full_name_is_made_of_the_user_name() {
        for (username, expected) in [
            ("aws-user", "AWS User"),
            ("john.doe", "John Doe"),
            ("john", "John"),
            ("mary_ann-lee.smith", "Mary Ann Lee Smith"),
            ("john.doe@example.com", "John Doe"),
            ("..x..", "X"),
            ("McDonald", "McDonald"),
            ("\u{e9}mile", "\u{c9}mile"),
            ("-", "-"),
            ("", ""),
        ] {
            assert_eq!(full_name_from(username), expected, "{username}");
        }
    }

    proptest! {
        #[test]
        fn shown_text_is_bounded_and_a_fixed_point(text in "\\PC{0,90}|[\\p{C}\\p{Z}a]{0,90}") {
            let once = shown(&text, 64);
            prop_assert!(once.len() <= 64);
            prop_assert!(!once.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(shown(&once, 64), once);
        }
    }
}
