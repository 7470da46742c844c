//! The prerequisites of the peers: their npm packages, and the empty Worker in Rust.

use crate::{
    cache, process,
    tools::{CargoTool, Tools},
    workspace,
};
use anyhow::Error;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Installs the npm packages that `bench/package-lock.json` pins. Returns their `node_modules`.
pub fn install() -> Result<PathBuf, Error> {
    let files = [
        ("package.json", include_str!("../../../bench/package.json")),
        (
            "package-lock.json",
            include_str!("../../../bench/package-lock.json"),
        ),
    ];
    let folder = kept("bench-peers", &files, |folder| {
        let step = "Installing the peers";
        process::run(
            step,
            Command::new("npm").current_dir(folder).args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ]),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// Builds the module that the group `argon2id` measures.
pub fn build_argon2id() -> Result<(), Error> {
    process::run(
        "Building crates/argon2id for WebAssembly",
        process::cargo()
            .current_dir(workspace::root())
            .args(["build", "--locked", "--release", "--package", "argon2id"])
            .args(["--example", "wasm", "--target", "wasm32-unknown-unknown"])
            .args(["--target-dir", "target"]),
    )
}

/// Builds the empty Worker in Rust. Returns its JavaScript, which imports the wasm beside it.
pub fn build_empty_rust(tools: &Tools) -> Result<PathBuf, Error> {
    let files = [
        (
            "Cargo.toml",
            include_str!("../../../bench/peers/workers-rs/Cargo.toml"),
        ),
        (
            "lib.rs",
            include_str!("../../../bench/peers/workers-rs/src/lib.rs"),
        ),
        ("worker-build", &CargoTool::worker_build()?.version),
    ];
    let folder = kept("bench-workers-rs", &files, |folder| {
        let lock = workspace::root().join("Cargo.lock");
        let own = folder.join("Cargo.lock");
        fs::copy(&lock, &own)
            .map_err(|error| Error::msg(format!("cannot copy {}: {error}", lock.display())))?;
        let source = folder.join("src");
        fs::create_dir(&source)
            .map_err(|error| Error::msg(format!("cannot make {}: {error}", source.display())))?;
        let library = source.join("lib.rs");
        fs::rename(folder.join("lib.rs"), &library)
            .map_err(|error| Error::msg(format!("cannot move {}: {error}", library.display())))?;
        let ours = tools.worker_build();
        let mut build = Command::new(ours.get_program());
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => build.env(name, value),
                None => build.env_remove(name),
            };
        }
        let step = "Building the empty Worker in Rust";
        process::run(
            step,
            build
                .arg("--release")
                .current_dir(folder)
                .env("CARGO_TARGET_DIR", folder.join("target")),
        )?;
        // Hundreds of megabytes that are not needed again.
        let _ = fs::remove_dir_all(folder.join("target"));
        Ok(())
    })?;
    Ok(folder.join("build/index.js"))
}

/// The folder in the cache for these files. It is filled once.
fn kept(
    name: &str,
    files: &[(&str, &str)],
    fill: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let contents: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_bytes()).collect();
    let name = format!("{name}-{}", cache::key(&contents));
    cache::install(&name, |folder| {
        for (file, content) in files {
            let path = folder.join(file);
            fs::write(&path, content)
                .map_err(|error| Error::msg(format!("cannot write {}: {error}", path.display())))?;
        }
        fill(folder)
    })?;
    Ok(cache::root()?.join(name))
}
