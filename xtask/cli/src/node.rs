//! The npm packages of the repository, and the programs in them.

use crate::workspace;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the npm packages. The tests choose another one with `EDGE_AUTH_NODE_MODULES`.
#[must_use]
pub fn node_modules() -> PathBuf {
    env::var_os("EDGE_AUTH_NODE_MODULES")
        .map_or_else(|| workspace::root().join("node_modules"), PathBuf::from)
}

/// The path of a program that an npm package installs.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let ending = if cfg!(windows) { ".cmd" } else { "" };
    node_modules().join(".bin").join(format!("{name}{ending}"))
}

/// Node from the npm packages, in a version that wrangler accepts. If npm has no package for this machine, Node from
/// PATH. The tests choose another one with `EDGE_AUTH_NODE`.
#[must_use]
pub fn node() -> PathBuf {
    if let Some(node) = env::var_os("EDGE_AUTH_NODE") {
        return node.into();
    }
    let pinned = program("node");
    if pinned.exists() {
        pinned
    } else {
        "node".into()
    }
}

/// PATH with the programs of the npm packages first, as in npm's own scripts.
#[must_use]
pub fn path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(node_modules().join(".bin")).chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or_default()
}

/// The JavaScript of wrangler.
#[must_use]
pub fn wrangler_script() -> PathBuf {
    node_modules().join("wrangler/wrangler-dist/cli.js")
}

/// A command that runs wrangler in the repository's root. It neither looks up this machine's location nor sends
/// metrics.
#[must_use]
pub fn wrangler() -> Command {
    // Not `.bin/wrangler`, which starts a second Node only to start this script.
    let mut command = Command::new(node());
    command
        .arg("--no-warnings")
        .arg(wrangler_script())
        .current_dir(workspace::root())
        .env("PATH", path())
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false");
    command
}
