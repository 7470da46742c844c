//! The cursor of a page that continues after a row with this id and this text, by which the list is sorted.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Number of bytes of an id, which is a UUID.
const ID_BYTES: usize = 36;

/// The cursor after this row.
#[must_use]
pub fn after(id: &str, key: &str) -> String {
    Base64UrlUnpadded::encode_string(format!("{id}{key}").as_bytes())
}

/// The id and the text of the row; `None` if it is no cursor.
#[must_use]
pub fn read(cursor: &str) -> Option<(String, String)> {
    let bytes = Base64UrlUnpadded::decode_vec(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, key) = text.split_at_checked(ID_BYTES)?;
    Some((id.to_owned(), key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_is_read_back_and_any_other_text_is_refused() {
        let (id, key) = (
            "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            "zo\u{eb}@example.com",
        );
        let expected = (id.to_owned(), key.to_owned());
        assert_eq!(read(&after(id, key)), Some(expected));
        for text in ["", "x", "\u{eb}", "====", "YWJj", &"_".repeat(48)] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
