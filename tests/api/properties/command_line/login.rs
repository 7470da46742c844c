//! `login` and `logout`: the stored token, its renewal, and the password of a change.

use super::{sessions, signed_in, stored};
use crate::support::{App, PASSWORD, Vars};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn login_stores_a_private_token_that_logout_revokes_and_deletes() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let mode = fs::metadata(line.credentials())
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let origin = app.server().origin();
    assert_eq!(stored(&line)[&origin]["username"], admin.username);
    line.succeed(&["audit", "list"]).await;
    // The URL of the only session is the default.
    let output = line.command().args(["audit", "list"]).output().await;
    assert!(output.expect("the command line").status.success());
    assert_eq!(sessions(&admin).await, (1, 1));
    let printed = line.succeed(&["logout"]).await;
    assert_eq!(printed, format!("Signed out of {origin}.\n"));
    assert_eq!(sessions(&admin).await, (1, 0));
    assert_eq!(stored(&line), json!({}));
    let error = line.fail(1, &["audit", "list"]).await;
    assert!(
        error.starts_with(&format!("error: not signed in to {origin}; ")),
        "{error}"
    );
    let error = line.fail(1, &["logout"]).await;
    assert_eq!(error, format!("error: not signed in to {origin}\n"));
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn second_login_revokes_the_earlier_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let args = ["login", "--username", &admin.email, "--password-stdin"];
    let output = line.run_with_input(&args, PASSWORD).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sessions(&admin).await, (2, 1));
    line.succeed(&["audit", "list"]).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn refused_login_stores_nothing() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = app.command_line_with(None).await;
    let args = ["login", "--username", &admin.username, "--password-stdin"];
    let output = line.run_with_input(&args, "wrong").await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        error,
        "error: 401 Unauthorized: Invalid username or password\n"
    );
    assert!(!line.credentials().exists());
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn login_whose_token_cannot_be_stored_leaves_no_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = app.command_line_with(None).await;
    // A folder in place of the lock.
    fs::create_dir_all(line.credentials().with_file_name("credentials.lock")).expect("a folder");
    let args = ["login", "--username", &admin.username, "--password-stdin"];
    let output = line.run_with_input(&args, PASSWORD).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.starts_with("error: you were signed out again: cannot write "),
        "{error}"
    );
    assert_eq!(sessions(&admin).await, (1, 0));
    assert!(!line.credentials().exists());
}

/// The stored session may be of another service than the token.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn token_of_the_environment_is_sent_to_a_given_service_only() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    let mut command = line.command();
    let command = command.env("EDGE_AUTH_TOKEN", "secret");
    let output = command.args(["audit", "list"]).output().await;
    let output = output.expect("the command line");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.starts_with("error: missing required option --url: EDGE_AUTH_TOKEN is set"),
        "{error}"
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn credentials_that_others_may_read_are_refused() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    let permissions = fs::Permissions::from_mode(0o644);
    fs::set_permissions(line.credentials(), permissions).expect("changed");
    for args in [&["audit", "list"][..], &["logout"], &["status"]] {
        let error = line.fail(1, args).await;
        assert!(error.contains("(mode 644); run: chmod 600 "), "{error}");
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn token_that_expires_soon_is_refreshed() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let origin = app.server().origin();
    let before = stored(&line)[&origin].clone();
    line.succeed(&["audit", "list"]).await;
    assert_eq!(stored(&line)[&origin], before);
    let expires_at = app.now().await.plus(600).to_string();
    let text = fs::read_to_string(line.credentials()).expect("a file");
    let old = before["expires_at"].as_str().expect("a time");
    fs::write(line.credentials(), text.replace(old, &expires_at)).expect("written");
    // Two commands at the same time refresh it once.
    let commands = tokio::join!(line.run(&["audit", "list"]), line.run(&["audit", "list"]));
    assert!(
        commands.0.status.success() && commands.1.status.success(),
        "{commands:?}"
    );
    let after = stored(&line)[&origin].clone();
    assert_ne!(after["token"], before["token"]);
    assert!(after["expires_at"].as_str() > Some(&expires_at));
    let sql = "SELECT generation AS n FROM sessions";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn ended_session_says_how_to_sign_in_again() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    app.run_sql("UPDATE sessions SET revoked_at = created_at")
        .await;
    let error = line.fail(1, &["audit", "list"]).await;
    let expected = "error: your session has ended; sign in again with `cargo xtask login`: 401 Unauthorized: Invalid or expired token\n";
    assert_eq!(error, expected);
    // There is nothing to revoke.
    line.succeed(&["logout"]).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn change_gives_the_password_if_the_last_authentication_is_old() {
    let app = App::isolated(Vars::new());
    let (admin, bob) = (app.super_admin("ada").await, app.user("bob").await);
    let line = signed_in(&app, &admin).await;
    app.run_sql("UPDATE sessions SET created_at = '2026-01-01T00:00:00Z', authenticated_at = NULL")
        .await;
    let args = ["user", "disable", &bob.username, "--yes"];
    let error = line.fail(2, &args).await;
    assert!(
        error.contains("missing password: there is no terminal"),
        "{error}"
    );
    let with_password = [&args[..], &["--password-stdin"]].concat();
    let output = line.run_with_input(&with_password, "wrong\n").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 1);
    app.shift_server_clock(61).await;
    let output = line
        .run_with_input(&with_password, &format!("{PASSWORD}\n"))
        .await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 0);
    // From now on, no password is needed.
    line.succeed(&["user", "enable", &bob.username]).await;
}
