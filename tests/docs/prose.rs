//! Length and wording. cspell checks single words (`cspell.config.mjs`).

use crate::markdown::{Page, pages};

/// Maximum number of words of the README.
const MAX_README_WORDS: usize = 900;

#[test]
fn readme_is_short() {
    let words = Page::read("README.md").text.split_whitespace().count();
    assert!(words <= MAX_README_WORDS, "{words} words");
}

#[test]
fn documentation_has_no_phrase_that_the_glossary_refuses() {
    let glossary = Page::read("docs/glossary.md").text;
    let rows = glossary
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let last = rows.filter_map(|row| row.rsplit('|').next());
    let phrases: Vec<String> = last
        .flat_map(|cell| cell.split('"').skip(1).step_by(2))
        .map(str::to_lowercase)
        .collect();
    assert!(phrases.len() >= 5, "{phrases:?}");
    let mut found = Vec::new();
    for page in pages() {
        if page.path == "docs/glossary.md" {
            continue;
        }
        let prose = page.prose().to_lowercase();
        for (line, number) in prose.lines().zip(1..) {
            let bad = phrases.iter().filter(|phrase| has_words(line, phrase));
            found.extend(bad.map(|phrase| format!("{}:{number}: {phrase}", page.path)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether a line contains a phrase as whole words.
fn has_words(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + phrase.len()..].chars().next();
        ![before, after]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric)
    })
}
