//! Normal form and case, as the runtime has them.
//!
//! The Worker asks JavaScript: V8 carries Unicode's tables anyway, and the same in our WASM take 75 KiB after gzip, more
//! than the rest of the Worker's rules together. Native programs use crates. For characters that are assigned, both give
//! the same for ever (Unicode's stability policy), whatever version either has.

/// The text in NFC.
pub(super) fn nfc(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        runtime::nfc(text)
    }
}

/// The text in lower case, character by character (a sigma at the end of a word stays like any other), and in NFC;
/// applied again it changes nothing.
pub(super) fn lower_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let once = |text: &str| {
        let lower: String = nfc(text).chars().map(lower_character).collect();
        nfc(&lower)
    };
    once(&once(text))
}

fn lower_character(c: char) -> String {
    if c.is_ascii() {
        c.to_ascii_lowercase().to_string()
    } else {
        runtime::lower_case(c)
    }
}

/// The character in upper case.
pub(super) fn upper_character(c: char) -> String {
    if c.is_ascii() {
        c.to_ascii_uppercase().to_string()
    } else {
        runtime::upper_case(c)
    }
}

#[cfg(target_arch = "wasm32")]
mod runtime {
    use js_sys::JsString;

    pub(super) fn nfc(text: &str) -> String {
        JsString::from(text).normalize("NFC").into()
    }

    pub(super) fn lower_case(c: char) -> String {
        JsString::from(c).to_lower_case().into()
    }

    pub(super) fn upper_case(c: char) -> String {
        JsString::from(c).to_upper_case().into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod runtime {
    use unicode_normalization::UnicodeNormalization;

    pub(super) fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    pub(super) fn lower_case(c: char) -> String {
        c.to_lowercase().collect()
    }

    pub(super) fn upper_case(c: char) -> String {
        c.to_uppercase().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_forms() {
        assert_eq!(nfc("e\u{301}"), "\u{e9}");
        assert_eq!(nfc("\u{ff21}"), "\u{ff21}");
        assert_eq!(
            lower_case("\u{3a3}A\u{3a3} \u{130}\u{212a}"),
            "\u{3c3}a\u{3c3} i\u{307}k"
        );
        assert_eq!(upper_character('\u{e9}'), "\u{c9}");
        assert_eq!(upper_character('\u{df}'), "SS");
    }

    proptest! {
        #[test]
        fn lower_case_is_a_fixed_point(text in "[\\p{L}\\p{M}\\p{N} ]{0,20}") {
            let lower = lower_case(&text);
            prop_assert_eq!(lower_case(&lower), lower);
        }
    }
}
