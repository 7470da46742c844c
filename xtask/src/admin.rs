//! `cargo xtask user|audit|aws-login …`: handed on, word for word, to the crate `edge-auth-admin`.

use crate::{Command, clone, failed::Failed, process};
use std::process::{Command as Program, ExitCode};

pub const USER: Command = Command {
    name: "user",
    about: "add, list, enable and disable people, and set their roles",
    help: None,
    run: |words| hand_on("user", words),
};

pub const AUDIT: Command = Command {
    name: "audit",
    about: "search and verify the audit log of a running service",
    help: None,
    run: |words| hand_on("audit", words),
};

pub const AWS_LOGIN: Command = Command {
    name: "aws-login",
    about: "sign in with the AWS credentials of this machine",
    help: None,
    run: |words| hand_on("aws-login", words),
};

fn hand_on(name: &str, words: &[String]) -> Result<ExitCode, Failed> {
    check_openssl()?;
    let mut command = process::cargo();
    command
        .args([
            "run",
            "--quiet",
            "--package",
            "edge-auth-admin",
            "--manifest-path",
        ])
        .arg(clone::root().join("Cargo.toml"))
        .args(["--", name])
        .args(words);
    // The terminal stays the child's: it may ask, and it reads passwords from standard input.
    let status = command
        .status()
        .map_err(|error| Failed::because(format!("Cannot start cargo: {error}.")))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The commands speak to Cloudflare and AWS through the system's TLS, which on Linux is OpenSSL.
fn check_openssl() -> Result<(), Failed> {
    if !cfg!(target_os = "linux") || std::env::var_os("OPENSSL_DIR").is_some() {
        return Ok(());
    }
    match process::first_line(Program::new("pkg-config").args(["--modversion", "openssl"])) {
        Some(_) => Ok(()),
        None => Err(Failed::because(
            "OpenSSL's headers or pkg-config, which finds them, are missing; on Debian and Ubuntu: sudo apt install \
             pkg-config libssl-dev.",
        )),
    }
}
