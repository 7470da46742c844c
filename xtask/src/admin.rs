//! `cargo xtask user|aws-login …`: handed on, word for word, to the crate `edge-auth-admin`.

use crate::{Command, clone, failed::Failed, process};
use std::process::ExitCode;

pub const USER: Command = Command {
    name: "user",
    about: "add, list, enable and disable people, and set their roles",
    help: None,
    run: |words| hand_on("user", words),
};

pub const AWS_LOGIN: Command = Command {
    name: "aws-login",
    about: "sign in with the AWS credentials of this machine",
    help: None,
    run: |words| hand_on("aws-login", words),
};

fn hand_on(name: &str, words: &[String]) -> Result<ExitCode, Failed> {
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
