//! The layout of the sources: imports go one way, and the platform appears only where it may.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the door inwards; each may use itself and what comes later, except where `FORBIDDEN` says no.
const ORDER: &[&[&str]] = &[
    &["lib"],
    &["door"],
    &["openapi"],
    &["router"],
    &["endpoints"],
    &["web"],
    &["app", "failure", "log"],
    &["config"],
    &["store", "aws"],
    &["account", "json", "text", "wait"],
];

/// Neighbours that must not know each other.
const FORBIDDEN: &[(&str, &str)] = &[("store", "aws"), ("aws", "store")];

/// Where the platform's own types may appear; `account/unicode.rs` borrows V8's tables for pure functions.
const PLATFORM: &[&str] = &[
    "door.rs",
    "door/panics.rs",
    "door/upload.rs",
    "app/promise.rs",
    "log.rs",
    "app.rs",
    "aws/client.rs",
    "account/unicode.rs",
    "text.rs",
    "wait.rs",
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src is readable").flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else if entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "rs")
            {
                found.push(entry.path());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    assert!(files.len() > 30, "found only {} files", files.len());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source is UTF-8");
        (
            path.strip_prefix(&root).expect("below src").to_owned(),
            text,
        )
    };
    files.into_iter().map(read).collect()
}

fn room(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .expect("not empty")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn rank(room: &str) -> usize {
    ORDER
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("no room is called {room}"))
}

/// The rooms that a source names by `crate::room`, the inner ones of `crate::{a::…, b::…}` included.
fn rooms_used(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (index, _) in text.match_indices("crate::") {
        let rest = &text[index + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => {
                let end = list.find("};").unwrap_or(list.len());
                let mut depth = 0;
                list[..end]
                    .split(|character| {
                        depth += i32::from(character == '{') - i32::from(character == '}');
                        character == ',' && depth == 0
                    })
                    .collect()
            }
            None => vec![rest],
        };
        for name in names {
            let name: String = name
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if !name.is_empty() {
                used.push(name);
            }
        }
    }
    used
}

#[test]
fn imports_go_one_way() {
    for (path, text) in sources() {
        let from = room(&path);
        for to in rooms_used(&text) {
            assert!(
                rank(&from) <= rank(&to),
                "{} uses {to}, which is nearer to the door",
                path.display()
            );
            assert!(
                !FORBIDDEN.contains(&(&from, &to)),
                "{} uses {to}",
                path.display()
            );
        }
    }
}

#[test]
fn the_walker_sees_an_import_that_goes_up() {
    assert_eq!(rooms_used("use crate::web::reply::Reply;"), ["web"]);
    assert_eq!(
        rooms_used("use crate::{\n    web::{a, b},\n    store::d1,\n};"),
        ["web", "store"]
    );
    assert!(rank("store") > rank("web"));
}

#[test]
fn the_platform_stays_at_the_edge() {
    for (path, text) in sources() {
        let name = path.to_string_lossy().replace('\\', "/");
        let is_allowed = PLATFORM.contains(&name.as_str()) || name.starts_with("store/");
        for word in ["worker_sys::", "web_sys::", "js_sys::", "wasm_bindgen"] {
            assert!(is_allowed || !text.contains(word), "{name} uses {word}");
        }
    }
}
