//! Output. Texts of the service are untrusted: a terminal would interpret control characters, and show text after characters that
//! reorder it in another order.

use anyhow::Result;
use edge_auth::domain::names;
use std::fmt::{Display, Write as _};

/// Prints lines to standard output; see [`cli::terminal::print`].
///
/// # Errors
/// A full disk, for example.
pub fn print(text: impl Display) -> Result<()> {
    cli::terminal::print(neutral(&text.to_string()))
}

/// Prints lines about progress or a problem to standard error.
pub fn note(text: impl Display) {
    cli::terminal::note(neutral(&text.to_string()));
}

/// Replaces every control, reordering or invisible character, except the end of a line, with its escape in JSON: JSON keeps its
/// meaning.
pub fn neutral(text: &str) -> String {
    let mut neutral = String::new();
    for c in text.chars() {
        let mut bytes = [0; 4];
        let is_replaced = c != '?' && names::shown(c.encode_utf8(&mut bytes), usize::MAX) == "?";
        if c == '\n' || !is_replaced {
            neutral.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(neutral, "\\u{unit:04x}");
        }
    }
    neutral
}

#[cfg(test)]
mod tests {
    use super::neutral;
    use serde_json::{Value, json};

    #[test]
    fn control_and_reordering_characters_are_neutralized() {
        for (given, expected) in [
            ("a\u{1b}[2Jb\u{9b}c\u{7f}", "a\\u001b[2Jb\\u009bc\\u007f"),
            ("a\u{202e}b\u{2066}c", "a\\u202eb\\u2066c"),
            ("a\rb\u{200b}\u{e0041}", "a\\u000db\\u200b\\udb40\\udc41"),
            (
                "two\nlines? \u{65e5}\u{672c}",
                "two\nlines? \u{65e5}\u{672c}",
            ),
        ] {
            assert_eq!(neutral(given), expected, "{given:?}");
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = json!({ "\u{202e}": "a\u{1b}\u{9b}\u{e0041}\n\"", "b": ["\u{7f}"] });
        for text in [value.to_string(), format!("{value:#}")] {
            let read: Value = serde_json::from_str(&neutral(&text)).expect("JSON");
            assert_eq!(read, value);
        }
    }
}
