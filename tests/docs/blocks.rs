//! Code blocks: whether they run, whether they match the file that they quote, and the options in their commands.

use crate::links::is_pending;
use crate::markdown::{Page, blocks, root};
use std::fs;

#[test]
fn code_blocks_are_run_or_marked() {
    let mut unknown = Vec::new();
    for block in blocks() {
        // commands.rs runs `sh` and `js`, and sql.rs runs `sql`. Blocks in the other languages are not commands.
        let is_known = ["sh", "js", "sql", "toml", "text"].contains(&block.language.as_str());
        if (block.is_runnable() && !is_known) || block.no_run.as_deref() == Some("") {
            unknown.push(format!("{}: {}", block.place, block.language));
        }
    }
    assert!(
        unknown.is_empty(),
        "mark with `no-run (reason)` or `<!-- from FILE -->`: {unknown:#?}"
    );
}

#[test]
fn code_blocks_from_a_file_are_its_text() {
    let mut found = 0;
    for block in blocks() {
        let Some(source) = &block.source else {
            continue;
        };
        if is_pending(source) {
            found += 1;
            continue;
        }
        let text = fs::read_to_string(root().join(source))
            .unwrap_or_else(|error| panic!("{source}: {error}"));
        assert!(
            text.contains(&block.text),
            "{} is not in {source}",
            block.place
        );
        found += 1;
    }
    assert!(found > 0, "no block names its file");
}

/// The commands in shell blocks that begin like this, with continued lines joined.
fn commands(start: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for block in blocks().iter().filter(|block| block.language == "sh") {
        let text = block.text.replace("\\\n", " ");
        for line in text.lines() {
            if let Some(at) = line.find(start) {
                let command = line[at..]
                    .split(['|', '#', ')', ';', '<', '>'])
                    .next()
                    .unwrap_or_default();
                found.push((block.place.clone(), command.trim().to_owned()));
            }
        }
    }
    found
}

#[test]
fn options_of_cargo_commands_are_in_the_command_line_reference() {
    let path = "docs/reference/cli.md";
    if is_pending(path) {
        return;
    }
    let reference = Page::read(path).text;
    let mut wrong = Vec::new();
    for (place, command) in [commands("cargo xtask "), commands("cargo dev")].concat() {
        let words: Vec<&str> = command.split_whitespace().collect();
        let name: Vec<&str> = words.iter().skip(1).take(3).copied().collect();
        let section = section_of(&reference, &name)
            .unwrap_or_else(|| panic!("{place}: {command} has no section"));
        let options = words.iter().filter(|word| word.starts_with("--"));
        for option in options.map(|word| word.split('=').next().unwrap_or_default()) {
            if !section.contains(option) {
                wrong.push(format!("{place}: {command}: {option}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The section of `dev`, `xtask deny` or `xtask user add`: up to the next heading.
fn section_of<'r>(reference: &'r str, name: &[&str]) -> Option<&'r str> {
    let name = match name {
        ["dev", ..] => vec!["dev"],
        ["xtask", rest @ ..] => rest.to_vec(),
        _ => return None,
    };
    (1..=name.len()).rev().find_map(|words| {
        let title = name[..words].join(" ");
        let headings = [
            format!("`cargo xtask {title}`"),
            format!("`cargo {title}`"),
            format!("cargo xtask {title}\n"),
            format!("cargo {title}\n"),
        ];
        let start = reference.match_indices('#').map(|(at, _)| at).find(|at| {
            let line = &reference[*at..];
            let line = &line[..=line.find('\n').unwrap_or(line.len() - 1)];
            headings
                .iter()
                .any(|heading| line.contains(heading.as_str()))
        })?;
        let rest = &reference[start..];
        let end = rest[1..].find("\n#").map_or(rest.len(), |end| end + 1);
        Some(&rest[..end])
    })
}
