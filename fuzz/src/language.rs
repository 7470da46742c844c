//! The header `Accept-Language`.

use crate::Target;
use edge_auth::domain::language::Language;

pub const TARGET: Target = Target {
    name: "language",
    run,
    seeds,
    words: &["de", "en", "*", ",", ";q=", "0.5", "-AT", " "],
};

fn run(data: &[u8]) {
    let header = String::from_utf8_lossy(data);
    let language = Language::of(Some(&header));
    let lower = header.to_lowercase();
    assert!(
        language == Language::English || lower.contains("de"),
        "{header:?}"
    );
    // The first language with the highest weight, which is 1, is preferred.
    let first = format!("de,{header}");
    assert_eq!(Language::of(Some(&first)), Language::German, "{first:?}");
}

fn seeds() -> Vec<Vec<u8>> {
    ["", "de", "de-AT,de;q=0.9,en;q=0.8", "*;q=0.1, en", "fr"]
        .map(|text| text.as_bytes().to_vec())
        .into()
}
