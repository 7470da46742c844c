//! All commands: tables, JSON, pipes and terminals.

use crate::support::{App, Vars};
use serde_json::Value;
use std::process::Stdio;

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn names_of_the_service_cannot_control_the_terminal() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.user("bob").await;
    bob.update("username = 'b' || char(27) || '[2J' || char(8238) || char(155) || 'x'")
        .await;
    let shown = "b?[2J??x";
    let unlocked = line.succeed(&["user", "unlock", &bob.id]).await;
    assert_eq!(unlocked, format!("User {shown} unlocked.\n"));
    let changed = line
        .succeed(&["user", "change", &bob.id, "--name", "B"])
        .await;
    assert_eq!(changed, format!("User {shown} changed.\n"));
    let statements = [
        &["user", "disable", &bob.id][..],
        &["user", "erase", &bob.id],
        &["user", "set-role", &bob.id, "admin"],
        &["session", "revoke-all", &bob.id],
    ];
    for args in statements {
        let error = line.fail(2, args).await;
        assert!(error.contains(&format!(" user {shown}")), "{error}");
        assert!(!error.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{error}");
    }
    // JSON keeps the name.
    let args = ["user", "show", &bob.id, "--json"];
    let text = line.succeed(&args).await;
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text}");
    let shown: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(shown["username"], "b\u{1b}[2J\u{202e}\u{9b}x");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn closed_pipe_is_not_an_error() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let origin = app.server().origin();
    for args in ["user list", "user list --json", "audit list", "user --help"] {
        let url = if args.ends_with("help") { "" } else { &origin };
        let url = if url.is_empty() {
            String::new()
        } else {
            format!("--url {url}")
        };
        // The reader has closed the pipe before anything is written.
        let script = format!(
            "exec 3>&1; {{ sleep 0.2; \"$PROGRAM\" {args} {url} 2>&3; echo \"code $?\" >&3; }} | true"
        );
        let program = line.command().as_std().get_program().to_owned();
        let mut command = line.command();
        let mut bash = tokio::process::Command::new("bash");
        for (name, value) in command.as_std_mut().get_envs() {
            match value {
                Some(value) => bash.env(name, value),
                None => bash.env_remove(name),
            };
        }
        bash.args(["-c", &script])
            .env("PROGRAM", program)
            .stdin(Stdio::null());
        let output = bash.output().await.expect("bash");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "code 0\n",
            "{args}"
        );
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn status_is_printed_in_columns_or_as_json() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let status = line.succeed(&["status"]).await;
    assert!(status.starts_with("FIELD "), "{status}");
    assert!(line.json(&["status"]).await.is_object());
}
