//! Links, and the reachability of each page.

use crate::markdown::{Page, pages, root};
use std::collections::BTreeSet;

/// Whether a link leads to a part of the repository that is not written yet.
pub fn is_pending(link: &str) -> bool {
    ["docs/reference/cli.md"]
        .iter()
        .any(|part| link.contains(part.trim_start_matches("docs/")) && !root().join(part).exists())
}

#[test]
fn links_lead_to_a_file_and_a_heading() {
    let mut dead = Vec::new();
    for page in pages() {
        for link in page.links() {
            if link.contains("://") || is_pending(&link) {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                page.path.clone()
            } else {
                resolve(&page.path, path)
            };
            let is_dead = !root().join(&target).exists()
                || (!anchor.is_empty() && !Page::read(&target).anchors().contains(anchor));
            if is_dead {
                dead.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

/// The path in the repository of a link in this page.
fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop().expect("a link within the repository");
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn pages_are_reachable_from_the_index() {
    let all = pages();
    let mut reached = BTreeSet::from(["docs/index.md".to_owned()]);
    loop {
        let before = reached.len();
        for page in all.iter().filter(|page| page.path.starts_with("docs/")) {
            if reached.contains(&page.path) {
                let links = page
                    .links()
                    .into_iter()
                    .filter(|link| !link.contains("://"));
                reached.extend(
                    links.map(|link| {
                        resolve(&page.path, link.split('#').next().unwrap_or_default())
                    }),
                );
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let lost = all
        .iter()
        .filter(|page| page.path.starts_with("docs/") && !reached.contains(&page.path));
    let lost: Vec<_> = lost.map(|page| &page.path).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}
