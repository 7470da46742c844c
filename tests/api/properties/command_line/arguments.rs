//! All commands: invalid arguments, an unavailable service, and consent.

use crate::support::{App, Vars};
use serde_json::json;

#[tokio::test]
#[ignore = "slow"]
async fn exit_codes_tell_invalid_arguments_from_an_unavailable_service() {
    let app = App::shared();
    let line = app.command_line_with(None).await;
    for (args, error) in [
        (
            &["user", "show", "--url", "auth.example.com", "ada"][..],
            "invalid --url: 'auth.example.com'",
        ),
        (
            &["audit", "verify", "--url", "http://auth.example.com"],
            "is not an https URL",
        ),
        (
            &["user", "list"],
            "missing credentials: sign in with `cargo xtask login --url URL`",
        ),
        (
            &["user", "list", "--limit", "many"],
            "invalid value 'many' for '--limit <N>'",
        ),
        (
            &["login", "--url", "https://auth.example.com"],
            "missing --username: there is no terminal",
        ),
        (
            &[
                "login",
                "--url",
                "https://auth.example.com",
                "--username",
                "ada",
            ],
            "missing password: there is no terminal",
        ),
        (&["session"], "Usage:"),
    ] {
        let output = line
            .command()
            .args(args)
            .output()
            .await
            .expect("the command line");
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {printed}");
        assert!(printed.contains(error), "{args:?}: {printed}");
    }
    // Nothing listens on this port.
    let closed = "http://127.0.0.1:9";
    for args in [
        &["user", "list"][..],
        &["audit", "verify"],
        &["status"],
        &["session", "list", "ada"],
    ] {
        let mut command = line.command();
        command
            .args(args)
            .args(["--url", closed])
            .env("EDGE_AUTH_TOKEN", "x");
        let output = command.output().await.expect("the command line");
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {printed}");
        let expected = format!("error: {closed} does not respond: ");
        assert!(printed.starts_with(&expected), "{args:?}: {printed}");
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn destructive_command_without_consent_changes_nothing() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.seed_user("user", 2).await;
    let session = bob.sessions[0].session_id();
    for (args, statement) in [
        (
            &["user", "disable", &bob.id][..],
            "revokes all sessions, 2 at the moment",
        ),
        (
            &["user", "set-role", &bob.id, "admin"],
            "from user to admin and revokes all sessions: 2 at the moment",
        ),
        (&["user", "erase", &bob.id], "It cannot be undone"),
        (
            &["user", "reset-factors", &bob.id],
            "It also revokes all sessions: 2 at the moment",
        ),
        (
            &["session", "revoke", &bob.id, &session[..8]],
            "This revokes the session",
        ),
        (
            &["session", "revoke-all", &bob.id],
            "This revokes all sessions",
        ),
    ] {
        let error = line.fail(2, args).await;
        assert!(error.contains(statement), "{error}");
        let end =
            "error: missing --yes: there is no terminal to ask for consent; nothing was changed\n";
        assert!(error.ends_with(end), "{error}");
    }
    assert_eq!(bob.live_sessions().await, 2);
    let row = bob.row("role, is_active").await;
    assert_eq!(row, json!({ "role": "user", "is_active": 1 }));
}
