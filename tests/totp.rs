//! One-time codes of pyotp, of the npm package otpauth and of oathtool (Debian), which the service has to accept in their time step, one
//! step earlier and one later, and in no other.
//!
//! The tests need python3 with pip, npm, and oathtool; see `installed`.

#[path = "shared/installed.rs"]
mod installed;

use edge_auth::domain::totp::TotpSecret;
use edge_auth::timestamp::Timestamp;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/totp");

/// Secrets and times from a fixed sequence, with the times at both ends of a step.
fn cases() -> Vec<(TotpSecret, i64)> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut cases = Vec::new();
    for _ in 0..100 {
        let mut bytes = [0; 20];
        for byte in &mut bytes {
            *byte = next().to_be_bytes()[0];
        }
        let step = i64::try_from(next() % 100_000_000).expect("small");
        for second in [0, 29] {
            cases.push((TotpSecret::new(bytes), step * 30 + second));
        }
    }
    cases
}

/// Runs a program that reads lines of secret and time, and prints a code for each.
fn codes(command: &mut Command, cases: &[(TotpSecret, i64)]) -> Vec<String> {
    let lines: Vec<String> = cases
        .iter()
        .map(|(secret, time)| format!("{} {time}\n", secret.base32().reveal()))
        .collect();
    let lines = lines.concat();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(lines.as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("its output");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

fn check(codes: &[String], cases: &[(TotpSecret, i64)]) {
    assert_eq!(codes.len(), cases.len());
    for (code, (secret, time)) in codes.iter().zip(cases) {
        let step = u32::try_from(time / 30).expect("a step");
        for steps in -3..=3 {
            let now = Timestamp::from_seconds(time + 30 * steps);
            let is_near = (-1..=1).contains(&steps);
            // Another step has the same code by chance, once in a million.
            let found = secret.verify(code, now, 0).filter(|found| *found == step);
            assert_eq!(found, is_near.then_some(step), "{code} at {time}, {steps}");
        }
    }
}

#[test]
fn codes_of_pyotp_are_accepted_in_their_time() {
    let requirements = include_str!("totp/requirements.txt");
    let python = installed::python("totp", requirements);
    let cases = cases();
    let mut command = Command::new(python);
    check(
        &codes(command.arg(format!("{FOLDER}/codes.py")), &cases),
        &cases,
    );
}

#[test]
fn codes_of_otpauth_are_accepted_in_their_time() {
    let lock = include_str!("totp/package-lock.json");
    let packages = installed::once("otpauth", lock, |folder| {
        for name in ["package.json", "package-lock.json", "codes.mjs"] {
            let from = Path::new(FOLDER).join(name);
            std::fs::copy(from, folder.join(name)).expect("a copy");
        }
        let mut npm = Command::new("npm");
        installed::run(
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(folder),
        );
    });
    let cases = cases();
    let mut command = Command::new("node");
    let script = packages.join("codes.mjs");
    check(&codes(command.arg(script), &cases), &cases);
}

#[test]
fn codes_of_oathtool_are_accepted_in_their_time() {
    let cases = cases();
    let code = |(secret, time): &(TotpSecret, i64)| {
        let output = Command::new("oathtool")
            .args(["--totp", "--base32", "--now", &format!("@{time}")])
            .arg(secret.base32().reveal())
            .output()
            .expect("oathtool; in Debian, it is in the package oathtool");
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim().to_owned()
    };
    let codes: Vec<String> = cases.iter().map(code).collect();
    check(&codes, &cases);
}
