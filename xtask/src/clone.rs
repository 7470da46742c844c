//! Where things are in this clone.

use crate::failed::Failed;
use std::{fs, path::PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    // Known when this was compiled; cargo compiles it again in a clone that was moved.
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// The version of a package in `Cargo.lock`, e.g. that of wasm-bindgen, which the tool of that name must match exactly.
pub fn locked_version(package: &str) -> Result<String, Failed> {
    let path = root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|error| Failed::file("read", &path, &error))?;
    version_in(&lock, package)
        .ok_or_else(|| Failed::because(format!("Cargo.lock names no package {package}.")))
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
    use super::version_in;

    #[test]
    fn the_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }
}
