//! The prerequisites of a server: the built Worker, Node, and the packages that wrangler depends on.

use std::collections::HashMap;
use std::env::var_os;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub struct Toolchain {
    pub node: PathBuf,
    pub node_modules: PathBuf,
}

/// Builds the Worker if it is stale, and finds the tools. This takes minutes the first time, and a second afterwards.
/// If `EDGE_AUTH_NODE` and `EDGE_AUTH_NODE_MODULES` are set, they are used, and nothing is built.
pub fn prepare() -> Result<Toolchain, String> {
    if let (Some(node), Some(node_modules)) =
        (var_os("EDGE_AUTH_NODE"), var_os("EDGE_AUTH_NODE_MODULES"))
    {
        return Ok(Toolchain {
            node: node.into(),
            node_modules: node_modules.into(),
        });
    }
    xtask("build")?;
    let printed = xtask("env")?;
    let named: HashMap<&str, &str> = printed
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let path = |name: &str| {
        let text = named
            .get(name)
            .ok_or_else(|| format!("`cargo xtask env` does not name {name}"))?;
        Ok::<_, String>(PathBuf::from(text))
    };
    Ok(Toolchain {
        node: path("EDGE_AUTH_NODE")?,
        node_modules: path("EDGE_AUTH_NODE_MODULES")?,
    })
}

fn xtask(task: &str) -> Result<String, String> {
    let output = cargo()
        .args(["xtask", task])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo xtask {task}: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo xtask {task} failed; its output is above"));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The cargo that runs this test, in the repository.
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    // Variables that cargo sets for the package of this test would make the inner cargo build other packages again.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || name.starts_with("CARGO_BIN_")
        {
            command.env_remove(name);
        }
    }
    command
}
