//! Percent-encoding, form bodies and the two escapes for text inside markup.

/// Pairs of `application/x-www-form-urlencoded` text; a broken `%` escape stays as it stands.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true), decode(value, true))
        })
        .collect()
}

/// The value of the first pair of that name.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    String::from_utf8_lossy(&decode_bytes(text, plus_is_space)).into_owned()
}

pub(crate) fn decode_bytes(text: &str, plus_is_space: bool) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    loop {
        match rest {
            [b'%', high, low, after @ ..]
                if hex_digit(*high).is_some() && hex_digit(*low).is_some() =>
            {
                let digit = |byte| hex_digit(byte).unwrap_or_default();
                decoded.push(digit(*high) * 16 + digit(*low));
                rest = after;
            }
            [b'+', after @ ..] if plus_is_space => {
                decoded.push(b' ');
                rest = after;
            }
            [byte, after @ ..] => {
                decoded.push(*byte);
                rest = after;
            }
            [] => return decoded,
        }
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// RFC 3986 unreserved characters stay, every other byte becomes `%XX`: the encoding of Signature Version 4.
pub(crate) fn encode(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, &byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// For text and attribute values of HTML and XML alike.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_leniently_and_never_panic() {
        let read = pairs("a=1&b=%20x+y&c&=d&e=%zz%4&&f=%C3%AB&g=1=2");
        for (name, expected) in [
            ("a", "1"),
            ("b", " x y"),
            ("c", ""),
            ("", "d"),
            ("e", "%zz%4"),
            ("f", "ë"),
            ("g", "1=2"),
        ] {
            assert_eq!(value(&read, name), Some(expected), "{name}");
        }
        assert_eq!(value(&read, "h"), None);
    }

    #[test]
    fn encoding_keeps_only_the_unreserved() {
        assert_eq!(encode("a-._~ /+%ë".as_bytes()), "a-._~%20%2F%2B%25%C3%AB");
        assert_eq!(
            escape(r#"<a href='x'>&""#),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }
}
