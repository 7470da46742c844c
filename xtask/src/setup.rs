//! `cargo xtask setup`: installs what is missing, once per machine, from the package registries.

use crate::terminal;
use crate::{
    Command, cache, clone,
    failed::Failed,
    process::{self, LongStep},
    tools::{self, CARGO_DENY, NODE_MANIFESTS, Tools, WORKER_BUILD},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Program, ExitCode, Stdio},
    thread,
};

pub const COMMAND: Command = Command {
    name: "setup",
    about: "install the pinned tools that are missing",
    help: Some(
        "Usage: cargo xtask setup

Installs what builds and runs the Worker, if it is missing: the Rust target wasm32-unknown-unknown (rustup),
wrangler with workerd, esbuild and Node 22 (npm), worker-build and wasm-bindgen (cargo). Every version is
pinned. Takes 2 to 3 minutes the first time on a machine, and then nothing: the tools are kept outside of the clone,
in EDGE_AUTH_CACHE if that is set, else in the system's folder for caches, under edge-auth. Removing that folder is
safe. `node_modules` in the clone becomes a link to it, so that `npx wrangler` is the pinned one.

Needs rustup, Node 20 or later with npm, and the linker that Rust needs (a C compiler).",
    ),
    run: |words| {
        crate::no_words(words)?;
        let _ = ensure()?;
        terminal::print("Everything is installed.")?;
        Ok(ExitCode::SUCCESS)
    },
};

const TARGET: &str = "wasm32-unknown-unknown";

/// Installs what is missing. Takes milliseconds if nothing is.
pub fn ensure() -> Result<Tools, Failed> {
    let tools = Tools::locate()?;
    let lacks = Lacks::of(&tools);
    lacks.check_what_it_takes()?;
    if lacks.anything() {
        terminal::tell("Setting up, once on this machine. Later starts take seconds.");
    }
    // npm mostly waits for the network while cargo mostly computes.
    thread::scope(|scope| {
        let node = lacks.node.then(|| scope.spawn(install_node_tools));
        let rust = if lacks.target { add_target() } else { Ok(()) };
        let crates = rust.and_then(|()| {
            if lacks.crates {
                scope.spawn(compile_worker_ahead);
                install_crates(&tools)
            } else {
                Ok(())
            }
        });
        let node = node.map_or(Ok(()), |thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(Failed::because("Installing the npm packages broke off.")))
        });
        node.and(crates)
    })?;
    link_node_modules(&tools)?;
    Ok(tools)
}

/// What is not there yet.
struct Lacks {
    node: bool,
    target: bool,
    crates: bool,
}

impl Lacks {
    fn of(tools: &Tools) -> Self {
        Self {
            node: !tools.node_modules().is_dir(),
            target: !has_target(),
            crates: !tools
                .crate_program("worker-build", WORKER_BUILD, "worker-build")
                .is_file()
                || !tools.bindgen().is_file(),
        }
    }

    const fn anything(&self) -> bool {
        self.node || self.target || self.crates
    }

    /// Says at once what would otherwise fail after minutes.
    fn check_what_it_takes(&self) -> Result<(), Failed> {
        if self.node {
            check_node()?;
        }
        if self.target && !process::is_on_path("rustup") {
            return Err(Failed::because(format!(
                "rustup is missing; install it from https://rustup.rs, or add the target {TARGET} to your Rust."
            )));
        }
        Ok(())
    }
}

fn check_node() -> Result<(), Failed> {
    let version = process::first_line(Program::new("node").arg("--version"));
    let major = version.as_deref().and_then(major_version);
    match (version, major) {
        (_, Some(20..)) => {}
        (Some(version), _) => {
            return Err(Failed::because(format!(
                "Node {version} is too old; install Node 20 or later from https://nodejs.org or your system's packages."
            )));
        }
        (None, _) => {
            return Err(Failed::because(
                "Node is missing; install Node 20 or later with npm from https://nodejs.org or your system's packages.",
            ));
        }
    }
    if process::is_on_path("npm") {
        return Ok(());
    }
    Err(Failed::because(
        "npm is missing; install the npm that goes with your Node (on Debian and Ubuntu: apt install npm).",
    ))
}

fn major_version(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Program::new(rustc);
    command
        .current_dir(clone::root())
        .args(["--print", "target-libdir", "--target", TARGET]);
    process::first_line(&mut command).is_some_and(|folder| Path::new(&folder).is_dir())
}

fn add_target() -> Result<(), Failed> {
    let what = format!("Adding the Rust target {TARGET}");
    LongStep {
        what: &what,
        why: "the Worker is WebAssembly; usually 5 to 15 s",
    }
    .run(
        Program::new("rustup")
            .current_dir(clone::root())
            .args(["target", "add", TARGET]),
    )
    .map_err(|ended| ended.explain(&what))
}

fn install_node_tools() -> Result<(), Failed> {
    let what = "Installing the npm packages";
    cache::install(&Tools::node_name(), |folder| {
        for (name, content) in NODE_MANIFESTS {
            let path = folder.join(name);
            fs::write(&path, content).map_err(|error| Failed::file("write", &path, &error))?;
        }
        // On Windows npm is a batch file, which has to be named with its ending.
        let mut npm = Program::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.current_dir(folder)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            // Without a network say so after seconds, not after minutes.
            .args([
                "--fetch-retries=2",
                "--fetch-retry-mintimeout=1000",
                "--fetch-retry-maxtimeout=5000",
            ])
            // A folder that sets this up for production must not lose the tools.
            .env_remove("NODE_ENV");
        LongStep {
            what,
            why: "wrangler, workerd, esbuild, Node 22; usually 15 to 60 s",
        }
        .run(&mut npm)
        .map_err(|ended| ended.explain(what))?;
        check_that_wrangler_starts(&folder.join("node_modules"))
    })
}

/// npm skips an optional package that it cannot get, and calls that a success.
fn check_that_wrangler_starts(node_modules: &Path) -> Result<(), Failed> {
    let node = tools::node_in(node_modules).unwrap_or_else(|| "node".into());
    let version = process::first_line(Program::new(&node).arg("--version").stderr(Stdio::null()));
    if version
        .as_deref()
        .and_then(major_version)
        .is_some_and(|major| major >= 22)
    {
        return Ok(());
    }
    Err(Failed::because(
        "The npm packages came without a Node 22 for this machine, which wrangler needs; install Node 22 yourself and \
         run the same command again.",
    ))
}

fn install_crates(tools: &Tools) -> Result<(), Failed> {
    let clone = clone::root();
    let bindgen = clone.join("xtask/bindgen");
    install_crate(
        &tools.bindgen_name(),
        &["--path".into(), bindgen.to_string_lossy().into_owned()],
        "Compiling wasm-bindgen",
        "joins wasm and JavaScript; usually 30 s",
    )?;
    let mut words = crate_words("worker-build", WORKER_BUILD);
    words.extend(without_what_it_does_not_use(&clone));
    install_crate(
        &tools::crate_folder("worker-build", WORKER_BUILD),
        &words,
        &format!("Installing worker-build {WORKER_BUILD}"),
        "bundles the Worker; usually 1 minute",
    )?;
    // Hundreds of megabytes that nothing asks for again.
    let _lock = cache::lock(COMPILING)?;
    let _ = fs::remove_dir_all(cache::root()?.join(COMPILING));
    Ok(())
}

/// What `cargo install` is told to get the program of the crate's own name.
fn crate_words(name: &str, version: &str) -> Vec<String> {
    [name, "--version", version, "--bin", name]
        .map(str::to_owned)
        .into()
}

/// Cargo settings that put our own small crates in the place of three dependencies of worker-build: two that it names
/// but does not use, and the one that it would download programs with. They are two thirds of what it takes to compile.
fn without_what_it_does_not_use(clone: &Path) -> Vec<String> {
    let folder = clone.join("xtask/tools/worker-build");
    ["binary-install", "worker-codegen", "ureq"]
        .into_iter()
        .flat_map(|name| {
            // JSON's text is TOML's text too, backslashes of Windows included.
            let path = Value::from(folder.join(name).to_string_lossy());
            [
                "--config".to_owned(),
                format!("patch.crates-io.{name}.path={path}"),
            ]
        })
        .collect()
}

/// Installs what `cargo xtask deny` wants.
pub fn install_cargo_deny() -> Result<PathBuf, Failed> {
    install_crate(
        &tools::crate_folder("cargo-deny", CARGO_DENY),
        &crate_words("cargo-deny", CARGO_DENY),
        &format!("Installing cargo-deny {CARGO_DENY}"),
        "checks the dependencies; usually 2 minutes",
    )?;
    Ok(Tools::locate()?.crate_program("cargo-deny", CARGO_DENY, "cargo-deny"))
}

/// What worker-build will ask cargo for, word for word, so that it finds it done: linking the Worker and the tools takes
/// one processor, and leaves the others idle. Any failure is worker-build's to explain.
fn compile_worker_ahead() {
    let mut cargo = process::cargo();
    cargo
        .current_dir(clone::root())
        .args(["build", "--release", "--target", TARGET])
        .args(["--package", "edge-auth", "--lib", "--locked"])
        // wasm-bindgen's macros read it, cargo does not notice: without it other code would be taken for done.
        .env("WASM_BINDGEN_USE_JS_SYS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Ok(mut child) = process::start(&mut cargo) {
        let _ = process::wait(&mut child, || {});
    }
}

/// The folder in which the tools are compiled, one at a time.
const COMPILING: &str = "compiling";

/// Lets `cargo install` fill the cache's folder of this name; the words say with which crate.
fn install_crate(name: &str, words: &[String], what: &str, why: &str) -> Result<(), Failed> {
    cache::install(name, |folder| {
        let _lock = cache::lock(COMPILING)?;
        let mut cargo = process::cargo();
        cargo
            // Outside of the clone, whose cargo settings are not meant for tools.
            .current_dir(folder)
            .arg("install")
            .args(words)
            // Unoptimised is a third of the work, and these tools take seconds either way.
            .args(["--locked", "--debug", "--no-track", "--root"])
            .arg(folder)
            .arg("--target-dir")
            .arg(cache::root()?.join(COMPILING))
            .envs([
                ("CARGO_INCREMENTAL", "0"),
                ("CARGO_PROFILE_DEV_DEBUG", "0"),
                ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
                ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
                ("CARGO_PROFILE_DEV_PANIC", "abort"),
            ])
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("CARGO_BUILD_TARGET")
            .env_remove("RUSTFLAGS");
        LongStep { what, why }
            .run(&mut cargo)
            .map_err(|ended| ended.explain(what))
    })
}

/// `npx wrangler` looks into the clone's `node_modules`.
fn link_node_modules(tools: &Tools) -> Result<(), Failed> {
    let link = clone::root().join("node_modules");
    let target = tools.node_modules();
    match fs::symlink_metadata(&link) {
        // Somebody's own packages.
        Ok(existing)
            if !existing.file_type().is_symlink()
                && existing.is_dir()
                && fs::read_link(&link).is_err() =>
        {
            return Ok(());
        }
        Ok(_) if fs::read_link(&link).is_ok_and(|to| to == target) => return Ok(()),
        Ok(_) => {
            // A junction is removed as a folder, a symbolic link as a file.
            let _ = fs::remove_file(&link).or_else(|_| fs::remove_dir(&link));
        }
        Err(_) => {}
    }
    match make_link(&target, &link) {
        // Another process was faster.
        Err(_) if fs::read_link(&link).is_ok_and(|to| to == target) => Ok(()),
        made => made.map_err(|error| Failed::file("link", &link, &error)),
    }
}

#[cfg(unix)]
fn make_link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

// A junction, because symbolic links take a privilege on Windows.
#[cfg(windows)]
fn make_link(target: &Path, link: &Path) -> std::io::Result<()> {
    let status = Program::new("cmd")
        .args(["/C", "mklink", "/J"])
        .arg(link)
        .arg(target)
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(std::io::Error::other("mklink failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn nodes_version_is_read_as_node_prints_it() {
        assert_eq!(major_version("v20.20.2"), Some(20));
        assert_eq!(major_version("v8.1.0"), Some(8));
        assert_eq!(major_version("20"), None);
        assert_eq!(major_version(""), None);
    }
}
