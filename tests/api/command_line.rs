//! The administrator's command line against a running service.

use crate::support::people::{PASSWORD, Person};
use crate::support::{App, Vars, command_line};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;

/// Runs `cargo xtask audit list` for a user who types the password.
async fn audit_list(app: &App, user: &Person) -> Output {
    let mut command = tokio::process::Command::new(command_line::program().await);
    command
        .args(["audit", "list", "--url", &app.server().door().origin])
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

/// How many sessions of a user there are, and how many of them are live.
async fn sessions(app: &App, user: &Person) -> (usize, usize) {
    let sql = "SELECT revoked_at FROM sessions WHERE user_id = ?1";
    let rows = app.sql(sql, [user.id.clone()]).await;
    let live = rows.iter().filter(|row| row["revoked_at"].is_null());
    (rows.len(), live.count())
}

#[tokio::test]
async fn audit_signs_out_of_its_own_session_even_if_it_fails() {
    let app = App::alone(Vars::new());
    let (admin, user) = (app.admin("ada").await, app.password_user("bob").await);
    for number in 1..=2 {
        let output = audit_list(&app, &admin).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(sessions(&app, &admin).await, (number, 0));
    }
    let output = audit_list(&app, &user).await;
    assert!(!output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("403"), "{said}");
    assert_eq!(sessions(&app, &user).await, (1, 0));
    let kinds = app
        .sql("SELECT kind FROM audit WHERE kind = 'sign_out'", [0; 0])
        .await;
    assert_eq!(kinds.len(), 3);
}

#[tokio::test]
async fn audit_leaves_a_given_session_alone() {
    let app = App::alone(Vars::new());
    let admin = app.admin("ada").await;
    let token = app.sign_in(&admin).await;
    let mut command = tokio::process::Command::new(command_line::program().await);
    let output = command
        .args(["audit", "list", "--url", &app.server().door().origin])
        .env("EDGE_AUTH_TOKEN", &token)
        .env("NO_PROXY", "127.0.0.1")
        .output();
    let output = output.await.expect("the command line");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sessions(&app, &admin).await, (1, 1));
}
