//! Writes a text as a literal of a programming language. The result is printable ASCII, so it contains no line break and no
//! bidirectional control character, and it is copied correctly from a terminal.

/// A quoted word for a POSIX shell. The text must not contain NUL, which no word of a shell can contain. The results of the
/// other functions and of percent-encoding never do.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A JSON string (RFC 8259 §7), which is also a JavaScript string. Characters other than ASCII are written as escaped UTF-16
/// code units.
pub fn json(text: &str) -> String {
    quoted(text, |character| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
    })
}

/// A Python string. An escape stands for a whole character.
pub fn python(text: &str) -> String {
    quoted(text, |character| format!("\\U{:08x}", u32::from(character)))
}

/// The text between double quotes. `escape` writes the characters that are not printable ASCII.
fn quoted(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut literal = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            ' '..='~' => literal.push(character),
            _ => literal.push_str(&escape(character)),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_language_has_its_own_escapes() {
        let text = "a'\"\\\n\u{0}é\u{2028}🔑$(x)`y`";
        let escaped = json(text);
        assert_eq!(
            escaped,
            r#""a'\"\\\u000a\u0000\u00e9\u2028\ud83d\udd11$(x)`y`""#
        );
        assert_eq!(
            python(text),
            r#""a'\"\\\U0000000a\U00000000\U000000e9\U00002028\U0001f511$(x)`y`""#
        );
        assert_eq!(shell("it's $HOME"), r"'it'\''s $HOME'");
    }

    proptest! {
        #[test]
        fn json_reads_what_was_written(text in "\\PC*|(?s).{0,40}") {
            let literal = json(&text);
            prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
            prop_assert!(literal.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}
