//! Runs the other verifiers.

use crate::installed;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

const REQUIREMENTS: &str = include_str!("../verifiers/requirements.txt");
const LOCK: &str = include_str!("../verifiers/package-lock.json");

/// The verdicts of `py_webauthn`, `SimpleWebAuthn` and `webauthn-rs-core`, one for each line.
pub fn all(lines: &str) -> [Vec<String>; 3] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webauthn/verifiers");
    let mut python = Command::new(installed::python("webauthn", REQUIREMENTS));
    python.arg(folder.join("verify.py"));
    let mut node = Command::new("node");
    node.arg(folder.join("verify.mjs"))
        .env("EDGE_AUTH_MODULES", packages(&folder));
    let mut rust = Command::new(env!("CARGO"));
    rust.args(["run", "--quiet", "--package", "webauthn-reference"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    // Variables that cargo sets for the package of this test would make the inner cargo build other packages again.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_")) {
        rust.env_remove(name);
    }
    [python, node, rust].map(|command| verdicts(command, lines))
}

fn packages(folder: &Path) -> PathBuf {
    installed::once("simplewebauthn", LOCK, |installed| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(folder.join(name), installed.join(name)).expect("a copy");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        installed::run(npm.current_dir(installed));
    })
}

fn verdicts(mut command: Command, lines: &str) -> Vec<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().expect("a verifier");
    let mut input = process.stdin.take().expect("an input");
    let text = format!("{lines}\n");
    // The verifier prints while it reads, so another thread writes its input.
    let writer = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = process.wait_with_output().expect("the verdicts");
    writer
        .join()
        .expect("a thread")
        .expect("all lines are read");
    assert!(output.status.success(), "{command:?}");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let verdicts: Vec<String> = stdout.lines().map(str::to_owned).collect();
    assert_eq!(verdicts.len(), lines.lines().count(), "{command:?}");
    verdicts
}
