//! Clients of AWS sign in against the simulator. They are installed into a cache outside of the clone (`EDGE_AUTH_CACHE`, by
//! default `~/.cache/edge-auth`), so these tests run on request: `cargo test -p aws-simulator --test clients -- --ignored`. See
//! `tests/clients/README.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

fn cache() -> PathBuf {
    let cache = std::env::var_os("EDGE_AUTH_CACHE").map_or_else(
        || {
            let home = std::env::var_os("HOME").expect("HOME or EDGE_AUTH_CACHE");
            Path::new(&home).join(".cache/edge-auth")
        },
        PathBuf::from,
    );
    fs::create_dir_all(&cache).expect("a cache");
    cache
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

fn simulator() -> aws_simulator::Simulator {
    aws_simulator::start(aws_simulator::Config::default()).expect("a free port")
}

#[test]
#[ignore = "installs boto3 into the cache"]
fn boto3_signs_in() {
    let environment = cache().join("boto3-1.44.5");
    let python = environment.join("bin/python");
    if !environment.join("complete").exists() {
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment));
        let requirements = clients().join("requirements.txt");
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(requirements));
        fs::write(environment.join("complete"), "").expect("a marker");
    }
    let simulator = simulator();
    let key = simulator.app_credentials();
    let stdout = run(Command::new(&python)
        .arg(clients().join("boto3_login.py"))
        .args([
            simulator.url(),
            simulator.start_url(),
            &key.access_key_id,
            &key.secret_access_key,
        ]));
    assert!(stdout.trim_end().ends_with("/Zoë.O'Neil"), "{stdout}");
}

#[test]
#[ignore = "installs the AWS SDK for JavaScript into the cache"]
fn aws_sdk_for_javascript_signs_in() {
    let folder = cache().join("aws-sdk");
    fs::create_dir_all(&folder).expect("a folder");
    let copy = |name: &str| fs::copy(clients().join(name), folder.join(name)).expect("a copy");
    copy("package.json");
    copy("package-lock.json");
    // Node resolves packages from the folder of the script.
    copy("sdk_login.mjs");
    if !folder.join("node_modules").exists() {
        run(Command::new("npm")
            .args(["ci", "--ignore-scripts"])
            .current_dir(&folder));
    }
    let simulator = simulator();
    let stdout = run(Command::new("node")
        .arg(folder.join("sdk_login.mjs"))
        .args([simulator.url(), simulator.start_url()]));
    assert!(
        stdout.trim_end().ends_with("/grace.hopper@example.com"),
        "{stdout}"
    );
}

#[test]
#[ignore = "unpacks Debian 12's awscli into the cache"]
fn debian_awscli_signs_in() {
    let simulator = simulator();
    let stdout = run(Command::new(clients().join("aws_sso_login.sh"))
        .arg(cache())
        .args([simulator.url(), simulator.start_url()]));
    assert!(stdout.trim_end().ends_with("/ada.lovelace"), "{stdout}");
}
