//! The cache folder of this machine, which all clones share, and locks on files.

use crate::{process, terminal};
use anyhow::{Context as _, Result};
use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use sha2::{Digest, Sha256};
use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The folder for this operating system and processor.
pub fn root() -> Result<PathBuf> {
    let chosen = env::var_os("EDGE_AUTH_CACHE").filter(|path| !path.is_empty());
    let base = match chosen {
        Some(path) => std::path::absolute(path)?,
        None => choose_native_strategy()
            .context("this user has no cache folder; set EDGE_AUTH_CACHE to a folder")?
            .cache_dir()
            .join("edge-auth"),
    };
    Ok(base.join(format!("{}-{}", env::consts::OS, env::consts::ARCH)))
}

/// 12 hexadecimal digits that depend on each of the parts.
pub fn key(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let mut key = base16ct::lower::encode_string(&hash.finalize());
    key.truncate(12);
    key
}

/// [`key`] of the names and contents of files.
pub fn key_of_files(files: &[PathBuf]) -> Result<String> {
    let mut parts = Vec::new();
    for file in files {
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        parts.push(file.as_os_str().as_encoded_bytes().to_vec());
        parts.push(content);
    }
    Ok(key(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

/// Creates the folder `name` once: `fill` gets an empty folder, which is renamed when it returns.
pub fn install(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let finished = root()?.join(name);
    let _lock = lock_file(&finished.with_added_extension("lock"))?;
    if finished.is_dir() {
        return Ok(());
    }
    let partial = finished.with_added_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
    fill(&partial)?;
    fs::rename(&partial, &finished).with_context(|| format!("cannot create {}", finished.display()))
}

/// Waits until no other process holds the lock on this file, which is created if it is missing.
pub fn lock_file(path: &Path) -> Result<File> {
    let mut is_noted = false;
    loop {
        if let Some(lock) = try_lock_file(path)? {
            return Ok(lock);
        }
        process::check_interrupt()?;
        if !is_noted {
            terminal::note(format_args!(
                "Waiting for another process, which holds {} …",
                path.display()
            ));
            is_noted = true;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// The lock on this file, which is created if it is missing; `None` if another process holds it.
pub fn try_lock_file(path: &Path) -> Result<Option<File>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let file = File::create(path).with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn key_depends_on_each_part_and_on_the_bounds_between_parts() {
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
