//! The administrator's command line against a running service.

use crate::support::command_line::program;
use crate::support::{App, PASSWORD, User, Vars};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;

/// Runs `cargo xtask audit list` for a user who types the password.
async fn audit_list(app: &App, user: &User) -> Output {
    let mut command = tokio::process::Command::new(program().await);
    command
        .args(["audit", "list", "--url", &app.server().origin()])
        .args(["--username", &user.username, "--password-stdin", "--json"])
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command line");
    let mut input = child.stdin.take().expect("a pipe");
    let line = format!("{PASSWORD}\n");
    input.write_all(line.as_bytes()).await.expect("written");
    drop(input);
    child.wait_with_output().await.expect("its output")
}

/// The numbers of all and of live sessions of a user.
async fn sessions(user: &User) -> (u64, u64) {
    (
        user.sessions_where("true").await,
        user.live_sessions().await,
    )
}

#[tokio::test]
async fn audit_list_logs_out_of_its_session_even_if_it_fails() {
    let app = App::isolated(Vars::new());
    let (admin, user) = (app.admin("ada").await, app.user("bob").await);
    for number in 1..=2 {
        let output = audit_list(&app, &admin).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(sessions(&admin).await, (number, 0));
    }
    let output = audit_list(&app, &user).await;
    assert!(!output.status.success(), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("403"), "{error}");
    assert_eq!(sessions(&user).await, (1, 0));
    let kinds = app
        .run_sql("SELECT kind FROM audit WHERE kind = 'sign_out'")
        .await;
    assert_eq!(kinds.len(), 3);
}

#[tokio::test]
async fn audit_list_keeps_a_given_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let session = admin.sign_in().await;
    let mut command = tokio::process::Command::new(program().await);
    let output = command
        .args(["audit", "list", "--url", &app.server().origin()])
        .env("EDGE_AUTH_TOKEN", session.token())
        .env("NO_PROXY", "127.0.0.1")
        .output();
    let output = output.await.expect("the command line");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sessions(&admin).await, (1, 1));
}
