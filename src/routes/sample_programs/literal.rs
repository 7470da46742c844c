//! Text as a literal of the language that it stands in. What comes out is printable ASCII, so nothing in it breaks a line,
//! turns the direction of writing or gets lost on the way through a terminal.

/// A word for a POSIX shell. Takes what the other functions and percent-encoding give: a shell has no word for NUL.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A string of JSON (RFC 8259 §7), which is one of JavaScript as well. Beyond ASCII it is UTF-16 units, as both have it.
pub fn json(text: &str) -> String {
    quoted(text, |character| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
    })
}

/// A string of Python, where an escape is a whole character.
pub fn python(text: &str) -> String {
    quoted(text, |character| format!("\\U{:08x}", u32::from(character)))
}

/// Between double quotes, with what is not printable ASCII as `escape` writes it.
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
