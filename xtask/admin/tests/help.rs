//! The built program. Cargo builds it for this test, with the features that all packages have in `cargo test`. The tests
//! of the API use the same program (`tests/api/support/command_line.rs`).

use std::process::Command;

#[test]
fn help_names_every_command() {
    let program = env!("CARGO_BIN_EXE_edge-auth-admin");
    let output = Command::new(program).arg("--help").output();
    let output = output.expect("the program starts");
    let help = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(help.contains("Usage: cargo xtask"), "{help}");
    for command in ["user", "audit", "aws-login"] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}
