//! The prerequisites of the programs: Node, wrangler, and packages that are installed once per machine.

use crate::port::free_port;
use crate::{installed, toolchain::Toolchain};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that runs `wrangler dev` with the pinned wrangler.
pub fn wrangler_dev(tools: &Toolchain, folder: &Path, port: u16) -> Command {
    let mut command = Command::new(&tools.node);
    command
        .arg("--no-warnings")
        .arg(tools.node_modules.join("wrangler/wrangler-dist/cli.js"))
        .args(["dev", "--ip", "127.0.0.1", "--port", &port.to_string()])
        .arg("--show-interactive-dev-session=false")
        // The runtime chooses the port of the debugger. wrangler would look for a free one, which another program can take first.
        .args(["--inspector-port", "0"])
        .current_dir(folder)
        .env("WRANGLER_SEND_METRICS", "false")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    command
}

/// `PATH` with the pinned Node first.
pub fn path(tools: &Toolchain) -> OsString {
    let own = tools.node.parent().expect("a folder").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(own).chain(env::split_paths(&others))).expect("a path")
}

/// The `node_modules` of a folder, installed from its lock file.
pub fn npm_packages(tools: &Toolchain, folder: &Path) -> PathBuf {
    let read = |name| fs::read_to_string(folder.join(name)).expect("a package");
    let (package, lock) = (read("package.json"), read("package-lock.json"));
    let name = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    installed::once(&format!("npm-{name}"), &lock, |installed| {
        fs::write(installed.join("package.json"), package).expect("a package");
        fs::write(installed.join("package-lock.json"), &lock).expect("a lock");
        installed::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(installed)
                .env("PATH", path(tools)),
        );
    })
    .join("node_modules")
}

/// A copy of a folder without installed or built files, and with a link to its packages.
pub struct Copy(PathBuf);

impl Copy {
    pub fn of(folder: &Path, packages: Option<(&str, &Path)>) -> Self {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", free_port()));
        copy_folder(folder, &copy);
        if let Some((name, packages)) = packages {
            std::os::unix::fs::symlink(packages, copy.join(name)).expect("a link");
        }
        Self(copy)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    const NOT_COPIED: [&str; 5] = ["node_modules", "dist", ".venv", ".wrangler", "__pycache__"];
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let name = entry.file_name();
        if NOT_COPIED.iter().any(|other| name == *other) {
            continue;
        }
        let target = to.join(&name);
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
