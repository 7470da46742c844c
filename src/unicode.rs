//! Normalization, case mapping and the ASCII form of domains.
//!
//! The Worker calls JavaScript, because V8 contains the Unicode tables; in WebAssembly they would take 75 KiB after gzip.
//! Native programs use crates. For assigned characters, both give the same results in all versions, by the stability policy
//! of Unicode.

/// The text in NFC.
pub(super) fn nfc(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        runtime::nfc(text)
    }
}

/// The text in lower case and in NFC. Each character is mapped by itself, so that a final sigma is mapped like any other. A
/// second application changes nothing.
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

/// A domain in lower-case ASCII (UTS #46, non-transitional, as in the URL standard); `None` if it has no such form. An ASCII
/// domain is only mapped to lower case.
pub(super) fn domain_to_ascii(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    runtime::domain_to_ascii(domain)
}

/// An ASCII domain with its labels in Unicode, if they can be decoded (RFC 3492).
pub(super) fn domain_to_unicode(domain: &str) -> String {
    let labels = domain.split('.').map(|label| {
        let encoded = label.strip_prefix("xn--");
        let decoded = encoded.and_then(idna::punycode::decode_to_string);
        decoded.unwrap_or_else(|| label.to_owned())
    });
    labels.collect::<Vec<_>>().join(".")
}

#[cfg(target_arch = "wasm32")]
mod runtime {
    use js_sys::JsString;
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = URL)]
        type Url;

        #[wasm_bindgen(constructor, js_class = "URL", catch)]
        fn new(url: &str) -> Result<Url, JsValue>;

        #[wasm_bindgen(method, getter)]
        fn hostname(this: &Url) -> String;
    }

    /// With this last label, a domain that ends with a number is not parsed as an IPv4 address.
    const LAST_LABEL: &str = ".x";

    pub(super) fn domain_to_ascii(domain: &str) -> Option<String> {
        let url = Url::new(&format!("http://{domain}{LAST_LABEL}/")).ok()?;
        url.hostname().strip_suffix(LAST_LABEL).map(str::to_owned)
    }

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
    use idna::punycode;
    use unicode_bidi::BidiClass::{self, AL, AN, BN, CS, EN, ES, ET, L, NSM, ON, R};
    use unicode_bidi::bidi_class;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;

    /// The mapping of UTS #46 with the Bidi rule, as in V8. Unlike V8, it does not check the rule for joiners.
    pub(super) fn domain_to_ascii(domain: &str) -> Option<String> {
        let mapped: String = idna_mapping::Mapper::new(domain.chars(), false)
            .nfc()
            .collect();
        if mapped.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let is_bidi = mapped.chars().any(|c| matches!(bidi_class(c), R | AL | AN));
        if is_bidi && !mapped.split('.').all(satisfies_bidi_rule) {
            return None;
        }
        let labels = mapped.split('.').map(|label| {
            if label.is_ascii() {
                return Some(label.to_owned());
            }
            // UTS #46 section 4.1, criterion 6.
            if label.chars().next().is_some_and(is_combining_mark) {
                return None;
            }
            Some(format!("xn--{}", punycode::encode_str(label)?))
        });
        Some(labels.collect::<Option<Vec<_>>>()?.join("."))
    }

    /// The six conditions of RFC 5893 section 2. The empty label after a final dot satisfies them.
    fn satisfies_bidi_rule(label: &str) -> bool {
        let classes: Vec<BidiClass> = label.chars().map(bidi_class).collect();
        let last = classes.iter().rev().find(|class| **class != NSM);
        let (Some(first), Some(last)) = (classes.first(), last) else {
            return label.is_empty();
        };
        match first {
            R | AL => {
                let has = |class| classes.contains(&class);
                classes
                    .iter()
                    .all(|class| matches!(class, R | AL | AN | EN | ES | CS | ET | ON | BN | NSM))
                    && matches!(last, R | AL | EN | AN)
                    && !(has(EN) && has(AN))
            }
            L => {
                classes
                    .iter()
                    .all(|class| matches!(class, L | EN | ES | CS | ET | ON | BN | NSM))
                    && matches!(last, L | EN)
            }
            _ => false,
        }
    }

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
    fn known_characters_are_normalized_and_mapped() {
        assert_eq!(nfc("e\u{301}"), "\u{e9}");
        assert_eq!(nfc("\u{ff21}"), "\u{ff21}");
        assert_eq!(
            lower_case("\u{3a3}A\u{3a3} \u{130}\u{212a}"),
            "\u{3c3}a\u{3c3} i\u{307}k"
        );
        assert_eq!(upper_character('\u{e9}'), "\u{c9}");
        assert_eq!(upper_character('\u{df}'), "SS");
    }

    /// `tests/api` has the same test for the Worker.
    #[test]
    fn domain_is_converted_to_ascii_and_back() {
        for (domain, ascii, unicode) in [
            ("Example.COM", "example.com", "example.com"),
            (
                "b\u{fc}cher.example",
                "xn--bcher-kva.example",
                "b\u{fc}cher.example",
            ),
            (
                "BU\u{308}CHER.example",
                "xn--bcher-kva.example",
                "b\u{fc}cher.example",
            ),
            (
                "XN--BCHER-KVA.example",
                "xn--bcher-kva.example",
                "b\u{fc}cher.example",
            ),
            (
                "stra\u{df}e.example",
                "xn--strae-oqa.example",
                "stra\u{df}e.example",
            ),
            (
                "\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}",
                "xn--r8jz45g.xn--zckzah",
                "\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}",
            ),
            ("\u{ff45}xample.com", "example.com", "example.com"),
            ("xn--.example", "xn--.example", ".example"),
        ] {
            assert_eq!(domain_to_ascii(domain).as_deref(), Some(ascii), "{domain}");
            assert_eq!(domain_to_unicode(ascii), unicode, "{domain}");
        }
        assert_eq!(domain_to_ascii("a\u{fffd}b.example"), None);
    }

    proptest! {
        #[test]
        fn lower_case_is_a_fixed_point(text in "[\\p{L}\\p{M}\\p{N} ]{0,20}") {
            let lower = lower_case(&text);
            prop_assert_eq!(lower_case(&lower), lower);
        }
    }
}
