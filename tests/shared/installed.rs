//! Packages that tests need, installed once per machine into a folder outside the repository (`EDGE_AUTH_CACHE` or the cache
//! folder of the user).

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the Python of an environment with exactly the pinned packages.
pub fn python(name: &str, requirements: &str) -> PathBuf {
    let environment = once(name, requirements, |environment| {
        let list = environment.join("requirements.txt");
        fs::write(&list, requirements).unwrap();
        let system = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(system)
            .args([OsStr::new("-m"), OsStr::new("venv")])
            .arg(environment));
        run(Command::new(interpreter(environment))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-compile",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&list));
    });
    interpreter(&environment)
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

/// Returns a folder that `install` has filled. A lock file makes other processes wait while one process installs. A
/// file that is written last marks the folder as complete. Another list of packages gets another folder.
pub fn once(name: &str, list: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let root = cache();
    fs::create_dir_all(&root).unwrap();
    let name = format!("{name}-{:016x}", fingerprint(list));
    let folder = root.join(&name);
    let marker = folder.join("whole");
    let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if marker.exists() {
        return folder;
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    install(&folder);
    fs::write(marker, "").unwrap();
    folder
}

pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!("These tests need python3 (3.10 or later) with pip and venv, and npm; {command:?} did not start: {error}")
    });
    assert!(
        output.status.success(),
        "These tests need python3 (3.10 or later) with pip and venv, and npm; {command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn cache() -> PathBuf {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = folder("EDGE_AUTH_CACHE") {
        return std::path::absolute(chosen).unwrap();
    }
    let caches = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    caches
        .expect("home folder not found; set EDGE_AUTH_CACHE to a folder for tools")
        .join("edge-auth")
}

/// FNV-1a.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
