//! Reads the documentation: its pages, links and code blocks.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A Markdown file.
pub struct Page {
    /// Path in the repository, with slashes.
    pub path: String,
    pub text: String,
}

/// A fenced code block.
pub struct Block {
    /// `page:line` of its first fence.
    pub place: String,
    pub language: String,
    /// The reason in ```` ```sh no-run (reason) ````.
    pub no_run: Option<String>,
    /// The file in `<!-- from FILE -->` on the line before.
    pub source: Option<String>,
    /// Without the indentation of the fence.
    pub text: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files at the root, and everything below `docs/`.
pub fn pages() -> Vec<Page> {
    let root_files = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ];
    let mut paths: Vec<PathBuf> = root_files.map(|name| root().join(name)).into();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: PathBuf| Page {
        text: fs::read_to_string(&path).expect("a page"),
        path: path
            .strip_prefix(root())
            .expect("a path in the repository")
            .components()
            .map(|part| part.as_os_str().to_str().expect("UTF-8"))
            .collect::<Vec<_>>()
            .join("/"),
    };
    paths.into_iter().map(read).collect()
}

impl Page {
    pub fn read(path: &str) -> Self {
        let found = pages().into_iter().find(|page| page.path == path);
        found.unwrap_or_else(|| panic!("no page {path}"))
    }

    /// The text without code blocks and code spans.
    pub fn prose(&self) -> String {
        let mut prose = String::new();
        let mut is_code = false;
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if !is_code {
                prose.extend(line.split('`').step_by(2));
            }
            prose.push('\n');
        }
        prose
    }

    /// The targets of its links.
    pub fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1);
        let target = |rest: &str| rest.split(')').next().map(str::to_owned);
        targets.filter_map(target).collect()
    }

    /// The anchors of its headings, as GitHub generates them.
    pub fn anchors(&self) -> HashSet<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        let anchor = |line: &str| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            title
                .chars()
                .filter(is_kept)
                .collect::<String>()
                .replace(' ', "-")
        };
        headings.map(anchor).collect()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut before = "";
        let mut lines = self.text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let Some(info) = line.trim_start().strip_prefix("```") else {
                before = line;
                continue;
            };
            let indentation = line.len() - line.trim_start().len();
            let mut text = String::new();
            for (line, _) in lines.by_ref().take_while(|(line, _)| line.trim() != "```") {
                text.push_str(line.get(indentation..).unwrap_or_default());
                text.push('\n');
            }
            let (language, mark) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
            let no_run = mark
                .trim()
                .strip_prefix("no-run")
                .map(|reason| reason.trim().to_owned());
            let source = before
                .trim()
                .strip_prefix("<!-- from ")
                .and_then(|rest| rest.strip_suffix(" -->"));
            blocks.push(Block {
                place: format!("{}:{number}", self.path),
                language: language.to_owned(),
                no_run,
                source: source.map(str::to_owned),
                text,
            });
        }
        blocks
    }
}

/// The code blocks of all pages.
pub fn blocks() -> Vec<Block> {
    pages().iter().flat_map(Page::blocks).collect()
}

impl Block {
    /// Whether a test has to run it.
    pub fn is_runnable(&self) -> bool {
        self.no_run.is_none() && self.source.is_none()
    }
}
