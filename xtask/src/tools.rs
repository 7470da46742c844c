//! The tools that `cargo install` compiles: their versions, their paths, and how they are started.

use crate::{cache, node, process, workspace};
use anyhow::Result;
use std::env;
use std::path::PathBuf;
use std::process::Command;

/// A program of a crate, which `cargo install` compiles.
pub struct CargoTool {
    pub package: &'static str,
    pub version: String,
    pub program: &'static str,
}

impl CargoTool {
    /// Bundles the Worker. Its version must be that of the crate `worker`.
    pub fn worker_build() -> Result<Self> {
        Ok(Self {
            package: "worker-build",
            version: workspace::locked_version("worker")?,
            program: "worker-build",
        })
    }

    /// Generates the JavaScript around the wasm. Its version must be that of the crate `wasm-bindgen`.
    pub fn wasm_bindgen() -> Result<Self> {
        Ok(Self {
            package: "wasm-bindgen-cli",
            version: workspace::locked_version("wasm-bindgen")?,
            program: "wasm-bindgen",
        })
    }

    /// Checks the dependencies.
    pub fn cargo_deny() -> Self {
        Self {
            package: "cargo-deny",
            version: "0.20.2".to_owned(),
            program: "cargo-deny",
        }
    }

    /// The folder that `cargo install --root` fills. It names the version, so that clones with other versions can share the
    /// cache.
    pub fn root(&self) -> Result<PathBuf> {
        Ok(cache::root()?.join(format!("{}-{}", self.package, self.version)))
    }

    /// The program in [`Self::root`].
    pub fn path(&self) -> Result<PathBuf> {
        let file = format!("{}{}", self.program, env::consts::EXE_SUFFIX);
        Ok(self.root()?.join("bin").join(file))
    }
}

/// The installed tools.
pub struct Tools {
    worker_build: PathBuf,
    wasm_bindgen: PathBuf,
}

impl Tools {
    /// Their paths, whether or not they are installed.
    pub fn locate() -> Result<Self> {
        Ok(Self {
            worker_build: CargoTool::worker_build()?.path()?,
            wasm_bindgen: CargoTool::wasm_bindgen()?.path()?,
        })
    }

    /// worker-build. The variables name the programs that it would otherwise download from release pages.
    pub fn worker_build(&self) -> Command {
        let mut command = Command::new(&self.worker_build);
        command
            .args(["--release", "--out-dir", "../../build"])
            .current_dir(workspace::root().join("xtask/worker"))
            .env("PATH", node::path())
            .env("WASM_BINDGEN_BIN", &self.wasm_bindgen)
            .env("ESBUILD_BIN", node::program("esbuild"));
        process::forget_this_package(&mut command);
        command
    }
}

#[cfg(test)]
mod tests {
    use crate::workspace;
    use serde_json::Value;

    fn json(file: &str) -> Value {
        serde_json::from_str(&workspace::read(file).expect("a file")).expect("JSON")
    }

    #[test]
    fn package_lock_has_a_hash_for_each_package_and_names_no_registry() {
        let lock = json("package-lock.json");
        let packages = lock["packages"].as_object().expect("packages");
        assert!(packages.len() > 20);
        for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
            assert!(package["resolved"].is_null(), "{path} names a registry");
            assert!(package["integrity"].is_string(), "{path} has no hash");
        }
    }

    #[test]
    fn package_json_pins_exact_versions() {
        let manifest = json("package.json");
        for kind in ["devDependencies", "optionalDependencies"] {
            for (package, version) in manifest[kind].as_object().expect("an object") {
                let version = version.as_str().expect("text");
                assert!(
                    version.starts_with(|first: char| first.is_ascii_digit()),
                    "{package} {version}"
                );
            }
        }
    }
}
