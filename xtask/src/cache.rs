//! The cache of tools on this machine, outside of every clone: one folder for each tool and version.
//!
//! A folder with a tool's final name is whole, always: a tool is installed beside it and renamed. Several processes
//! may install at once; a lock file lets one work and the others find the result.

use crate::failed::Failed;
use crate::terminal;
use sha2::{Digest, Sha256};
use std::{
    env,
    ffi::OsString,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    process, thread,
    time::Duration,
};

/// The folder with the tools of this operating system and processor.
pub fn root() -> Result<PathBuf, Failed> {
    let base = base(env::consts::OS, |name| env::var_os(name)).ok_or_else(|| {
        Failed::because(
            "There is no home folder to keep tools in; set EDGE_AUTH_CACHE to a folder for them.",
        )
    })?;
    Ok(base.join(format!("{}-{}", env::consts::OS, env::consts::ARCH)))
}

fn base(system: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = folder("EDGE_AUTH_CACHE") {
        // Tools are started from other folders too, so their paths have to be whole.
        return std::path::absolute(chosen).ok();
    }
    let caches = match system {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Caches")),
        // A relative XDG path is invalid and has to be ignored (XDG Base Directory Specification).
        _ => folder("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".cache"))),
    };
    caches.map(|caches| caches.join("edge-auth"))
}

/// 12 hexadecimal digits that change with any of the parts.
pub fn key(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..6])
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Makes the folder `name` once: `fill` gets an empty folder, which becomes `name` when it returns.
pub fn install(name: &str, fill: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<(), Failed> {
    let root = root()?;
    let finished = root.join(name);
    if finished.is_dir() {
        return Ok(());
    }
    let _lock = lock(name)?;
    if finished.is_dir() {
        return Ok(());
    }
    let partial = root.join(format!("{name}.partial-{}", process::id()));
    remove_partials(&root, name);
    fs::create_dir_all(&partial).map_err(|error| Failed::file("make", &partial, &error))?;
    let filled = fill(&partial).and_then(|()| {
        fs::rename(&partial, &finished).map_err(|error| Failed::file("finish", &finished, &error))
    });
    if filled.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    filled
}

/// What processes left that were killed; only called while holding the lock, so nobody is at work there.
fn remove_partials(root: &Path, name: &str) {
    let prefix = format!("{name}.partial-");
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Waits until no other process holds the lock of this name; it ends with the value, or with the process.
pub fn lock(name: &str) -> Result<File, Failed> {
    let root = root()?;
    fs::create_dir_all(&root).map_err(|error| Failed::file("make", &root, &error))?;
    lock_file(&root.join(format!("{name}.lock")))
}

/// The lock on this file, which is made if missing; `None` if another process holds it.
pub fn try_lock_file(path: &Path) -> Result<Option<File>, Failed> {
    let file = File::create(path).map_err(|error| Failed::file("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Failed::file("lock", path, &error)),
    }
}

/// Waits until no other process holds the lock on this file, which is made if missing.
pub fn lock_file(path: &Path) -> Result<File, Failed> {
    let file = File::create(path).map_err(|error| Failed::file("open", path, &error))?;
    let mut is_said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(Failed::file("lock", path, &error)),
            Err(TryLockError::WouldBlock) if crate::process::is_interrupted() => {
                return Err(Failed::interrupted());
            }
            Err(TryLockError::WouldBlock) => {
                if !is_said {
                    terminal::tell("Waiting for another process that is doing the same …");
                    is_said = true;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{base, key};
    use std::{ffi::OsString, path::PathBuf};

    fn base_with(system: &str, variables: &[(&str, &str)]) -> Option<PathBuf> {
        base(system, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_cache_is_where_each_system_keeps_caches() {
        let home = [("HOME", "/home/ada"), ("LOCALAPPDATA", "/local")];
        for (system, expected) in [
            ("linux", "/home/ada/.cache/edge-auth"),
            ("macos", "/home/ada/Library/Caches/edge-auth"),
            ("windows", "/local/edge-auth"),
        ] {
            assert_eq!(
                base_with(system, &home),
                Some(PathBuf::from(expected)),
                "{system}"
            );
        }
        assert_eq!(
            base_with("linux", &[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]),
            Some("/x/edge-auth".into())
        );
        assert_eq!(
            base_with("linux", &[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]),
            Some("/h/.cache/edge-auth".into())
        );
        assert_eq!(
            base_with("linux", &[("EDGE_AUTH_CACHE", "/own"), ("HOME", "/h")]),
            Some("/own".into())
        );
        assert_eq!(base_with("linux", &[]), None);
    }

    #[test]
    fn a_key_changes_with_every_part_and_with_their_bounds() {
        let keys = [
            key(&[b"lock", b"linux"]),
            key(&[b"lock", b"macos"]),
            key(&[b"locklinux"]),
            key(&[b"lockl", b"inux"]),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert_eq!(one.len(), 12);
            assert!(keys[..index].iter().all(|other| other != one));
        }
    }
}
