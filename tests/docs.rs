//! Checks that the documentation matches the repository: links have targets, and the configuration reference is complete.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the documentation.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "SECURITY.md", "CHANGELOG.md"]
        .map(|name| root().join(name))
        .into();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The targets of the links in a text, without code blocks.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|prose| prose.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .collect()
}

/// The anchors of a page's headings, as GitHub generates them.
fn anchors(text: &str) -> HashSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn links_within_the_documentation_lead_to_a_file_and_a_heading() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().expect("a folder").join(path)
            };
            let is_there = target.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).expect("a page")).contains(anchor));
            if !is_there {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn every_page_is_listed_in_the_index() {
    let index = fs::read_to_string(root().join("docs/index.md")).expect("the index");
    let listed = links(&index);
    for page in pages() {
        let Ok(path) = page.strip_prefix(root().join("docs")) else {
            continue;
        };
        let path = path.to_str().expect("a path in UTF-8");
        assert!(path == "index.md" || listed.contains(&path), "{path}");
    }
}

#[test]
fn the_configuration_reference_names_every_variable() {
    let page = fs::read_to_string(root().join("docs/reference/configuration.md")).expect("a page");
    let config = fs::read_to_string(root().join("src/config/mod.rs")).expect("config.rs");
    let code = config.split("#[cfg(test)]").next().expect("code");
    let is_name = |word: &&str| {
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        word.len() > 5 && word.contains('_') && word.bytes().all(is_name)
    };
    let names: Vec<&str> = code.split('"').skip(1).step_by(2).filter(is_name).collect();
    assert!(names.len() > 25, "found only {names:?}");
    for name in names {
        // A name that ends with an underscore is the prefix of several names.
        assert!(
            name.ends_with('_') || page.contains(&format!("`{name}`")),
            "{name}"
        );
    }
}
