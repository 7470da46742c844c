//! Checks that the documentation matches the repository. Commands and programs in it are run by `tests/documented_commands.rs`.

#[path = "docs/markdown.rs"]
mod markdown;

use markdown::{Page, blocks, pages, root};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;

/// Maximum number of words of the README.
const MAX_README_WORDS: usize = 900;

/// Whether a link leads to a part of the repository that is still being written.
fn is_pending(link: &str) -> bool {
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

#[test]
fn readme_is_short() {
    let words = Page::read("README.md").text.split_whitespace().count();
    assert!(words <= MAX_README_WORDS, "{words} words");
}

#[test]
fn code_blocks_are_run_or_marked() {
    let mut unknown = Vec::new();
    for block in blocks() {
        // `sh` and `js` are run by tests/documented_commands.rs, `sql` below. The others are no commands.
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

/// A database with all migrations, and a user with a session, a link, counters and audit entries.
fn database(user: &str) -> Connection {
    let database = Connection::open_in_memory().expect("SQLite");
    let folder = root().join("migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("migrations")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    for file in files {
        let sql = fs::read_to_string(&file).expect("SQL");
        database
            .execute_batch(&sql)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let rows = "
        INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, created_at, updated_at, password_hash)
        VALUES ('USER', 'password', 'ada', 'ada', 'a@b.example', 'a@b.example', 'Ada', 'user', 1, '', '', '$argon2id$v=19$m=1,t=1,p=1,keyid=AAAAAAAAAAA$a$b');
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        VALUES ('SESSION', 'USER', 0, '', '', '', '');
        INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES ('LINK', 'USER', '', '');
        INSERT INTO sign_in_attempts (key, failures, open_at_ms)
        VALUES ('account:USER', 1, 0), ('device:USER:DEVICE', 1, 0), ('session:SESSION', 1, 0), ('account:OTHER', 1, 0);
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) VALUES (1, 'A', '', 'sign_in', 'success', 'USER', 'USER', 'r');
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) VALUES (2, 'B', '', 'user_disabled', 'success', 'command-line', 'USER', 'r');
        INSERT INTO audit (number, id, at, kind, outcome, actor, request) VALUES (3, 'C', '', 'sign_out', 'success', 'USER', 'r');
        INSERT INTO audit_clients (number, salt, address) VALUES (1, 's', '192.0.2.1'), (3, 's', '192.0.2.1');";
    database
        .execute_batch(&rows.replace("USER", user))
        .expect("rows");
    database
}

#[test]
fn sql_runs_on_the_schema() {
    let mut found = 0;
    for block in blocks()
        .iter()
        .filter(|block| block.language == "sql" && block.is_runnable())
    {
        let database = database("1b4e28ba-2fa1-41d2-883f-0016d3cca427");
        let run = database.execute_batch(&block.text);
        run.unwrap_or_else(|error| panic!("{}: {error}", block.place));
        found += 1;
    }
    assert!(found >= 3, "found only {found} blocks of SQL");
}

#[test]
fn erasing_a_user_leaves_only_audit_entries() {
    const USER: &str = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
    let blocks = Page::read("docs/operations/erase-a-user.md").blocks();
    let sql = &blocks
        .iter()
        .find(|block| block.language == "sql")
        .expect("SQL")
        .text;
    let database = database(USER);
    database
        .execute_batch(&sql.replace("USER_ID", USER))
        .expect("it runs");
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        database
            .query_row(&sql, [], |row| row.get(0))
            .expect("a count")
    };
    for (table, rows) in [
        ("users", 0),
        ("sessions", 0),
        ("password_links", 0),
        ("audit_clients", 0),
        ("audit", 3),
        // That of another user.
        ("sign_in_attempts", 1),
    ] {
        assert_eq!(count(table), rows, "{table}");
    }
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
fn options_of_our_commands_are_in_the_command_line_reference() {
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

#[test]
fn configuration_reference_names_every_variable() {
    let page = Page::read("docs/reference/configuration.md").text;
    let config = fs::read_to_string(root().join("src/config/mod.rs")).expect("the configuration");
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
