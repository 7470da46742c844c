//! `cargo xtask setup`: installs the pinned tools that are missing, from the package registries, with npm, rustup and
//! cargo.

use crate::process::{self, cargo, first_line};
use crate::tools::{CargoTool, Tools};
use crate::{cache, node, workspace};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::{env, fs};

const TARGET: &str = "wasm32-unknown-unknown";

/// Installs the tools that are missing. Takes milliseconds if all are installed.
pub fn ensure() -> Result<Tools> {
    let tools = Tools::locate()?;
    let cargo_tools = [CargoTool::wasm_bindgen()?, CargoTool::worker_build()?];
    let is_missing = |tool: &CargoTool| tool.path().is_ok_and(|path| !path.is_file());
    let has_packages = has_npm_packages();
    // Checked before anything that takes minutes.
    if !has_packages {
        check_node()?;
    }
    if cargo_tools.iter().any(is_missing) {
        check_openssl()?;
    }
    // npm waits for the network while cargo computes.
    thread::scope(|scope| {
        let npm = (!has_packages).then(|| scope.spawn(install_npm_packages));
        let cargo = add_target().and_then(|()| cargo_tools.iter().try_for_each(install));
        let npm = npm.map_or(Ok(()), |npm| {
            npm.join()
                .unwrap_or_else(|_| bail!("installing the npm packages failed"))
        });
        npm.and(cargo)
    })?;
    Ok(tools)
}

/// Compiles a tool with `cargo install`, unless it is installed.
pub fn install(tool: &CargoTool) -> Result<()> {
    let build = workspace::root().join("target/tools");
    let is_installed = || tool.path().map(|path| path.is_file());
    if is_installed()? {
        return Ok(());
    }
    let _lock = cache::lock_file(&build.with_extension("lock"))?;
    if is_installed()? {
        return Ok(());
    }
    let mut command = cargo();
    command
        .current_dir(workspace::root())
        .args(["install", tool.package, "--version", &tool.version])
        .args(["--bin", tool.program, "--root"])
        .arg(tool.root()?)
        // Shared, because the tools have dependencies in common.
        .arg("--target-dir")
        .arg(&build)
        // Optimized builds take three times as long, and each tool runs for seconds only.
        .args(["--debug"])
        .envs([
            ("CARGO_INCREMENTAL", "0"),
            ("CARGO_PROFILE_DEV_DEBUG", "0"),
            ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
            ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
            ("CARGO_PROFILE_DEV_PANIC", "abort"),
            ("CARGO_FUTURE_INCOMPAT_REPORT_FREQUENCY", "never"),
        ])
        // Otherwise cargo advises adding the folder to PATH, which nothing needs.
        .env("PATH", path_with(&tool.root()?.join("bin")))
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS");
    // The lock file of wasm-bindgen-cli names a version that was withdrawn from the registry.
    if tool.package != "wasm-bindgen-cli" {
        command.arg("--locked");
    }
    let step = format!("Compiling {} {}", tool.package, tool.version);
    process::run(&step, &mut command)
}

fn path_with(folder: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([folder.to_owned()]);
    env::join_paths(folders).unwrap_or(path.clone())
}

fn has_npm_packages() -> bool {
    let changed = |path: &str| fs::metadata(workspace::root().join(path))?.modified();
    // npm writes `node_modules/.package-lock.json` last.
    match (
        changed("node_modules/.package-lock.json"),
        changed("package-lock.json"),
    ) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    }
}

fn install_npm_packages() -> Result<()> {
    let modules = node::node_modules();
    // Earlier versions linked a folder that clones share; npm would delete its content.
    if modules.is_symlink() {
        fs::remove_file(&modules)?;
    }
    // On Windows npm is a batch file, which has to be named with its ending.
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(workspace::root())
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        // npm warns that wrangler does not accept its own Node; the packages bring another one.
        .arg("--loglevel=error")
        // A shell that is set up for production still needs the tools.
        .env_remove("NODE_ENV");
    process::run("Installing the npm packages", &mut npm)?;
    // npm skips an optional package that it cannot get.
    match major_version(&node::node()) {
        Some(22..) => Ok(()),
        _ => bail!(
            "wrangler needs Node 22, which npm does not provide for this machine; install Node 22"
        ),
    }
}

fn check_node() -> Result<()> {
    match major_version(Path::new("node")) {
        Some(20..) => Ok(()),
        Some(old) => bail!("Node {old} is too old; install Node 20 or later"),
        None => bail!("Node is missing; install Node 20 or later with npm"),
    }
}

fn major_version(node: &Path) -> Option<u32> {
    let version = first_line(Command::new(node).arg("--version"))?;
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn add_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .current_dir(workspace::root())
        .args(["--print", "target-libdir", "--target", TARGET]);
    if first_line(&mut command).is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup
        .current_dir(workspace::root())
        .args(["target", "add", TARGET]);
    process::run(&format!("Adding the Rust target {TARGET}"), &mut rustup)
}

/// Fails if the OpenSSL headers are missing, which TLS needs on Linux.
pub fn check_openssl() -> Result<()> {
    let is_needed = cfg!(target_os = "linux") && env::var_os("OPENSSL_DIR").is_none();
    let mut pkg_config = Command::new("pkg-config");
    if is_needed && first_line(pkg_config.args(["--modversion", "openssl"])).is_none() {
        bail!(
            "pkg-config or the OpenSSL headers are missing; on Debian and Ubuntu: sudo apt install pkg-config libssl-dev"
        );
    }
    Ok(())
}
