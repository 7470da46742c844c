//! The repository in which this program was compiled, and its files.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    // The path is known at compile time. If the repository is moved, cargo compiles this crate again.
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}

/// The text of a file in the repository.
///
/// # Errors
/// A file that cannot be read.
pub fn read(path: &str) -> Result<String> {
    let path = root().join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files below a folder, sorted. The list is empty if the folder does not exist.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    files.sort();
    files
}

/// The value of a variable in the text of `.dev.vars`, as wrangler reads it. Also reads strings of `wrangler.toml`.
#[must_use]
pub fn variable<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let value = text.lines().rev().find_map(|line| {
        let line = line.trim_start();
        let (key, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })?;
    let unquoted = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    (!unquoted.is_empty()).then_some(unquoted)
}

/// The version of a package in `Cargo.lock`.
///
/// # Errors
/// No such package.
pub fn locked_version(package: &str) -> Result<String> {
    version_in(&read("Cargo.lock")?, package)
        .with_context(|| format!("Cargo.lock has no package {package}"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name)?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{variable, version_in};

    #[test]
    fn dev_vars_are_read_as_wrangler_does() {
        let text = "# A=no\nA=first\nB = \"two words\"\nC='x=y'\nD=\nexport F=x\nA=last\n";
        assert_eq!(variable(text, "A"), Some("last"));
        assert_eq!(variable(text, "B"), Some("two words"));
        assert_eq!(variable(text, "C"), Some("x=y"));
        assert_eq!(variable(text, "D"), None);
        assert_eq!(variable(text, "E"), None);
        assert_eq!(variable(text, "F"), Some("x"));
    }

    #[test]
    fn locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }
}
