//! Databases with many users (`bench/many_users.mjs`), made once and kept in the cache: a million users take minutes.

use crate::{cache, node, process, workspace};
use anyhow::Error;
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// Users with ten sessions each, and the roles of their Workers. The second takes 0.6 GB, the third 6 GB.
const DATABASES: [(&str, u32, &str); 3] = [
    ("small", 1_000, "subject"),
    ("small-again", 1_000, "control"),
    ("large", 100_000, "context"),
];
const LARGEST: (&str, u32, &str) = ("largest", 1_000_000, "context");

/// Copies of the databases, to which the benchmark may write. They are removed when dropped, or by the next benchmark
/// of this clone.
pub struct Databases {
    folder: PathBuf,
    _lock: File,
    /// As `bench/scale.mjs` reads them.
    pub list: Value,
}

impl Databases {
    /// Creates the databases that are missing, and a copy of each.
    pub fn prepare(peers: &Path, with_largest: bool) -> Result<Self, Error> {
        let key = key()?;
        remove_outdated(&key)?;
        let folder = workspace::root().join("target/bench");
        let mut databases = Self {
            _lock: cache::lock_file(&folder.with_extension("lock"))?,
            folder,
            list: json!([]),
        };
        let _ = fs::remove_dir_all(&databases.folder);
        let mut list = Vec::new();
        let all = DATABASES.into_iter().chain(with_largest.then_some(LARGEST));
        for (name, users, role) in all {
            let made = ensure(peers, &key, users)?;
            let copy = databases.folder.join(name);
            copy_folder(&made, &copy)?;
            list.push(json!({ "users": users, "role": role, "folder": copy }));
        }
        databases.list = list.into();
        Ok(databases)
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A key that changes with everything that the content of the databases depends on.
fn key() -> Result<String, Error> {
    let root = workspace::root();
    let scripts = ["bench/many_users.mjs", "bench/many_users.sql"];
    let mut files: Vec<PathBuf> = scripts.iter().map(|file| root.join(file)).collect();
    let folder = root.join("migrations");
    let entries = fs::read_dir(&folder)
        .map_err(|error| Error::msg(format!("cannot read {}: {error}", folder.display())))?;
    files.extend(entries.flatten().map(|entry| entry.path()));
    files.sort();
    let read = |path: &PathBuf| {
        fs::read(path)
            .map_err(|error| Error::msg(format!("cannot read {}: {error}", path.display())))
    };
    let contents: Vec<Vec<u8>> = files.iter().map(read).collect::<Result<_, _>>()?;
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    Ok(cache::key(&contents))
}

/// The beginning of the names of all databases in the cache.
const NAME: &str = "bench-users-";

/// Removes databases of other migrations, which are of no use and large.
fn remove_outdated(key: &str) -> Result<(), Error> {
    for entry in fs::read_dir(cache::root()?).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(NAME) && !name.contains(key) && entry.path().is_dir() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// The folder with the database of this many users.
fn ensure(peers: &Path, key: &str, users: u32) -> Result<PathBuf, Error> {
    let name = format!("{NAME}{key}-{users}");
    cache::install(&name, |folder| {
        let step = format!("Making a database of {users} users");
        let options = json!({
            "repository": workspace::root(),
            "tools": node::node_modules(),
            "peers": peers,
        });
        let mut command = Command::new(node::node());
        command
            .arg("--disable-warning=ExperimentalWarning")
            .arg(workspace::root().join("bench/many_users.mjs"))
            .arg(options.to_string())
            .arg(folder)
            .arg(users.to_string())
            .env("PATH", node::path());
        process::run(&step, &mut command)
    })?;
    Ok(cache::root()?.join(name))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to)
        .map_err(|error| Error::msg(format!("cannot make {}: {error}", to.display())))?;
    let entries = fs::read_dir(from)
        .map_err(|error| Error::msg(format!("cannot read {}: {error}", from.display())))?;
    for entry in entries.flatten() {
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy)
                .map_err(|error| Error::msg(format!("cannot write {}: {error}", copy.display())))?;
        }
        if process::is_interrupted() {
            return Err(process::Interrupted.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::copy_folder;
    use std::{env, fs, process};

    #[test]
    fn copy_has_the_files_in_folders_too() {
        let folder = env::temp_dir().join(format!("edge-auth-copy-{}", process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("d1")).expect("a folder");
        fs::write(from.join("d1/file"), "content").expect("a file");
        assert!(copy_folder(&from, &to).is_ok());
        assert_eq!(
            fs::read_to_string(to.join("d1/file")).expect("a copy"),
            "content"
        );
        fs::remove_dir_all(folder).expect("removed");
    }
}
