//! `cargo xtask build`: the Worker's wasm and JavaScript and its pages in `build/`, built only if a source has changed.

use crate::tools::Tools;
use crate::{cache, pages, process, setup, terminal, workspace};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The line that this program prints once the Worker in `build/` is current. `cargo dev` looks for it in the output of
/// wrangler, which runs `cargo xtask build`.
pub const FINISHED: &str = "The Worker in build/ is up to date.";

/// How the Worker's own packages are compiled. Their dependencies are compiled once, for both profiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    /// As it is deployed, tested and measured.
    Release,
    /// Not optimized: compiles in half the time and responds more slowly.
    Dev,
}

impl Profile {
    fn cargo_args(self) -> &'static [&'static str] {
        match self {
            Self::Release => &["--locked"],
            Self::Dev => &[
                "--config",
                "profile.release.package.edge-auth.opt-level=0",
                "--config",
                "profile.release.package.edge-auth-worker.opt-level=0",
            ],
        }
    }
}

/// `cargo xtask build`.
pub fn run() -> Result<()> {
    let tools = setup::ensure()?;
    // wrangler sets this for custom builds.
    let is_dev = env::var("WRANGLER_COMMAND").is_ok_and(|command| command == "dev");
    ensure(
        &tools,
        if is_dev {
            Profile::Dev
        } else {
            Profile::Release
        },
    )
}

/// Builds the Worker and its pages if their sources have changed. Only one of several processes builds. A release build also serves for
/// development.
pub fn ensure(tools: &Tools, profile: Profile) -> Result<()> {
    let output = workspace::root().join("build");
    // worker-build does not touch other files in `build/`, and deleting the folder also deletes this record.
    let record = output.join(".built-from");
    let _lock = cache::lock_file(&output.join(".lock"))?;
    // The key is read before the build, so that a file that is saved during the build is built next time.
    let sources = key_of_sources()?;
    let is_built = |profile| is_current(&output, &record, &state(&sources, profile));
    if !is_built(Profile::Release) && !is_built(profile) {
        let mut command = tools.worker_build();
        process::run("Building the Worker", command.args(profile.cargo_args()))?;
        fs::write(&record, state(&sources, profile))
            .with_context(|| format!("cannot write {}", record.display()))?;
    }
    pages::ensure(profile)?;
    pages::check_logo()?;
    terminal::note(FINISHED);
    Ok(())
}

fn state(sources: &str, profile: Profile) -> String {
    format!("{sources} {profile:?}")
}

fn is_current(output: &Path, record: &Path, state: &str) -> bool {
    fs::read_to_string(record).is_ok_and(|recorded| recorded == state)
        && ["index.js", "index_bg.wasm"]
            .iter()
            .all(|file| output.join(file).is_file())
}

/// A key that changes with everything that the output is built from. `Cargo.lock` contains the versions of the tools.
fn key_of_sources() -> Result<String> {
    let root = workspace::root();
    let mut files: Vec<PathBuf> = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "package-lock.json",
        "xtask/worker/Cargo.toml",
    ]
    .map(|file| root.join(file))
    .into();
    for folder in ["src", "crates"] {
        files.extend(workspace::files_below(&root.join(folder)));
    }
    // wrangler bundles src/entry.mjs itself.
    files.retain(|file| file.extension().is_none_or(|ending| ending != "mjs"));
    cache::key_of_files(&files)
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn release_build_uses_the_lock_file() {
        assert!(Profile::Release.cargo_args().contains(&"--locked"));
    }
}
