//! Databases with many people in them (`bench/people.mjs`), made once and kept in the cache: a million take minutes.

use crate::{
    cache, clone,
    failed::Failed,
    process::{self, LongStep},
    tools::Tools,
};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// What the names of [`GROUPS`] begin with.
pub const PREFIX: &str = "scale";
/// The groups that are measured with these databases.
pub const GROUPS: [&str; 7] = [
    "scale-sign-in",
    "scale-validate",
    "scale-validate-strict",
    "scale-refresh",
    "scale-audit-user",
    "scale-audit-kind",
    "scale-audit-time",
];
/// People, each with ten sessions; the second takes 0.6 GB, the third 6 GB.
const SIZES: [u32; 2] = [1_000, 100_000];
const LARGEST: u32 = 1_000_000;

/// Copies that the bench may write to; removed when dropped, or by the next bench of this clone.
pub struct Databases {
    folder: PathBuf,
    _lock: File,
    /// Folders by number of people, as `bench/scale.mjs` reads them.
    pub by_people: Value,
}

impl Databases {
    /// Makes those that are missing, and a copy of each.
    pub fn prepare(tools: &Tools, peers: &Path, with_largest: bool) -> Result<Self, Failed> {
        let sizes = SIZES.into_iter().chain(with_largest.then_some(LARGEST));
        let key = key()?;
        remove_older(&key)?;
        let folder = clone::root().join("target/bench");
        let mut databases = Self {
            _lock: cache::lock_file(&folder.with_extension("lock"))?,
            folder,
            by_people: json!({}),
        };
        let _ = fs::remove_dir_all(&databases.folder);
        for people in sizes {
            let kept = ensure(tools, peers, &key, people)?;
            let copy = databases.folder.join(people.to_string());
            copy_folder(&kept, &copy)?;
            databases.by_people[people.to_string()] = json!(copy);
        }
        Ok(databases)
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Changes with whatever the content of the databases depends on.
fn key() -> Result<String, Failed> {
    let root = clone::root();
    let mut files = vec![root.join("bench/people.mjs"), root.join("bench/people.sql")];
    let folder = root.join("migrations");
    let entries = fs::read_dir(&folder).map_err(|error| Failed::file("read", &folder, &error))?;
    files.extend(entries.flatten().map(|entry| entry.path()));
    files.sort();
    let read = |path: &PathBuf| fs::read(path).map_err(|error| Failed::file("read", path, &error));
    let contents: Vec<Vec<u8>> = files.iter().map(read).collect::<Result<_, _>>()?;
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    Ok(cache::key(&contents))
}

/// What the names of all databases in the cache begin with.
const NAME: &str = "bench-people-";

/// Databases of other migrations are of no use, and large.
fn remove_older(key: &str) -> Result<(), Failed> {
    for entry in fs::read_dir(cache::root()?).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(NAME) && !name.contains(key) && entry.path().is_dir() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// The folder with the database of so many people.
fn ensure(tools: &Tools, peers: &Path, key: &str, people: u32) -> Result<PathBuf, Failed> {
    let name = format!("{NAME}{key}-{people}");
    cache::install(&name, |folder| {
        let what = format!("Making a database of {people} people");
        let mut command = Command::new(tools.node());
        command
            .arg("--disable-warning=ExperimentalWarning")
            .arg(clone::root().join("bench/people.mjs"))
            .arg(clone::root())
            .arg(tools.node_modules())
            .arg(peers)
            .arg(folder)
            .arg(people.to_string())
            .env("PATH", tools.path());
        LongStep {
            what: &what,
            why: "once; usually 20 s for 100,000 people, 4 minutes for a million",
        }
        .run(&mut command)
        .map_err(|ended| ended.explain(&what))
    })?;
    Ok(cache::root()?.join(name))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to).map_err(|error| Failed::file("make", to, &error))?;
    let entries = fs::read_dir(from).map_err(|error| Failed::file("read", from, &error))?;
    for entry in entries.flatten() {
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy).map_err(|error| Failed::file("write", &copy, &error))?;
        }
        if process::is_interrupted() {
            return Err(Failed::interrupted());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::copy_folder;
    use std::{env, fs, process};

    #[test]
    fn a_copy_has_what_is_in_folders_too() {
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
