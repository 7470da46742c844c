//! `cargo xtask build`: the Worker's wasm and its JavaScript in `build/`, made again only if a source has changed.

use crate::terminal;
use crate::{
    Command, cache, clone,
    failed::Failed,
    process::LongStep,
    setup,
    tools::{Tools, WORKER_BUILD},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

pub const COMMAND: Command = Command {
    name: "build",
    about: "build the Worker, if a source has changed",
    help: Some(
        "Usage: cargo xtask build

Builds the Worker as it is deployed into build/, if src/, Cargo.toml or Cargo.lock have changed
since the last time. wrangler runs it by itself, at its start and after every change in src/ (wrangler.toml, [build]);
`wrangler dev` gets a Worker that is compiled in half the time, and answers more slowly.",
    ),
    run: |words| {
        crate::no_words(words)?;
        let tools = setup::ensure()?;
        // Its custom builds learn from wrangler what it is about to do.
        let is_dev = env::var("WRANGLER_COMMAND").is_ok_and(|command| command == "dev");
        ensure(&tools, if is_dev { Effort::Quick } else { Effort::Full })?;
        Ok(ExitCode::SUCCESS)
    },
};

/// What the compiler does for our own two packages; all others are the same, compiled once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effort {
    /// As it is deployed, tested and measured.
    Full,
    /// For who waits for a change of a source.
    Quick,
}

impl Effort {
    /// Words for cargo.
    fn words(self) -> &'static [&'static str] {
        match self {
            // What ships is made of the versions that Cargo.lock names, or not at all.
            Self::Full => &["--locked"],
            Self::Quick => &[
                "--config",
                "profile.release.package.edge-auth.opt-level=0",
                "--config",
                "profile.release.package.edge-auth-worker.opt-level=0",
            ],
        }
    }
}

/// Builds what is stale. Several processes may ask at once; one builds. A fully built Worker will do for who wants it quickly.
pub fn ensure(tools: &Tools, effort: Effort) -> Result<(), Failed> {
    let root = clone::root();
    let output = root.join("build");
    fs::create_dir_all(&output).map_err(|error| Failed::file("make", &output, &error))?;
    // worker-build leaves other files in `build/` alone, and a person who removes the folder removes this record too.
    let record = output.join(".built-from");
    let _lock = cache::lock_file(&output.join(".lock"))?;
    let start = Instant::now();
    // Taken before the build, so that a file saved meanwhile is built next time.
    let sources = state_of_sources(&root, tools)?;
    let is_built = |effort| is_current(&output, &record, &state(&sources, effort));
    if is_built(Effort::Full) || is_built(effort) {
        terminal::tell("The Worker in build/ is up to date.");
        return Ok(());
    }
    let what = "Building the Worker";
    LongStep {
        what,
        why: "Rust to optimised wasm; usually 2 minutes the first time, half a minute after a change",
    }
    .run(tools.worker_build().args(effort.words()))
    .map_err(|ended| ended.explain(what))?;
    fs::write(&record, state(&sources, effort))
        .map_err(|error| Failed::file("write", &record, &error))?;
    terminal::tell(format_args!(
        "Built the Worker in {} s.",
        start.elapsed().as_secs()
    ));
    Ok(())
}

/// What the record says of a build.
fn state(sources: &str, effort: Effort) -> String {
    format!("{sources} {effort:?}")
}

fn is_current(output: &Path, record: &Path, state: &str) -> bool {
    fs::read_to_string(record).is_ok_and(|recorded| recorded == state)
        && ["index.js", "index_bg.wasm"]
            .iter()
            .all(|file| output.join(file).is_file())
}

/// A fingerprint of everything that the output is made from.
fn state_of_sources(root: &Path, tools: &Tools) -> Result<String, Failed> {
    let mut files = vec![
        root.join("Cargo.toml"),
        root.join("xtask/worker/Cargo.toml"),
        root.join("Cargo.lock"),
        root.join(".cargo/config.toml"),
    ];
    add_sources(&root.join("src"), &mut files)?;
    files.sort();
    let mut parts: Vec<Vec<u8>> = vec![
        WORKER_BUILD.into(),
        tools.bindgen_name().into(),
        Tools::node_name().into(),
    ];
    for file in files {
        let content = fs::read(&file).map_err(|error| Failed::file("read", &file, &error))?;
        let name = file.strip_prefix(root).unwrap_or(&file);
        parts.push(name.as_os_str().as_encoded_bytes().to_vec());
        parts.push(content);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(cache::key(&parts))
}

/// Every file below, but for the JavaScript, which wrangler bundles itself.
fn add_sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failed> {
    let entries = fs::read_dir(folder).map_err(|error| Failed::file("read", folder, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            add_sources(&path, files)?;
        } else if path.extension().is_none_or(|ending| ending != "mjs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Effort;

    #[test]
    fn worker_that_ships_is_built_from_the_lock_file() {
        assert!(Effort::Full.words().contains(&"--locked"));
    }
}
