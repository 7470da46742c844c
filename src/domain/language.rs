//! The language of a message to a user: English or German.

/// A language in which messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The language that an `Accept-Language` header prefers (RFC 9110 section 12.5.4). Of several languages with the same
    /// weight, the first one.
    #[must_use]
    pub fn of(accept_language: Option<&str>) -> Self {
        let ranges = accept_language.unwrap_or_default().split(',');
        let mut preferred = (0.0, Self::default());
        for (weight, language) in ranges.filter_map(range) {
            if weight > preferred.0 {
                preferred = (weight, language);
            }
        }
        preferred.1
    }

    /// The language tag (RFC 5646).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// The weight and the language of a range such as `de-AT;q=0.8`; `None` for any other language.
fn range(text: &str) -> Option<(f32, Language)> {
    let (tag, parameters) = text.split_once(';').unwrap_or((text, "q=1"));
    let primary = tag.trim().split('-').next()?;
    let language = match primary.to_ascii_lowercase().as_str() {
        "en" | "*" => Language::English,
        "de" => Language::German,
        _ => return None,
    };
    let weight = parameters.trim().strip_prefix("q=")?.parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((weight, language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_language_with_the_highest_weight_is_preferred() {
        for (header, expected) in [
            ("de", Language::German),
            ("de-AT", Language::German),
            ("DE-de, en;q=0.9", Language::German),
            ("fr, de;q=0.8, en;q=0.5", Language::German),
            ("en, de", Language::English),
            ("de, en", Language::German),
            ("de;q=0.5, en;q=0.6", Language::English),
            ("de ; q=0.6 , en;q=0.5", Language::German),
            ("de;q=0", Language::English),
            ("*, de;q=0.9", Language::English),
            ("de;q=2", Language::English),
            ("de;q=NaN, en;q=0.1", Language::English),
            ("de;level=1", Language::English),
            ("deu", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(Some(header)), expected, "{header}");
        }
        assert_eq!(Language::of(None), Language::English);
    }

    proptest! {
        #[test]
        fn any_header_has_a_language(header in "[de*,;q=0-9. -]{0,40}|\\PC{0,40}") {
            let _ = Language::of(Some(&header));
        }
    }
}
