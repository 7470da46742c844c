//! Second factors: sign-ins and changes with a code, and the factors of a user.

use super::{sessions, signed_in};
use crate::support::command_line::CommandLine;
use crate::support::{App, PASSWORD, User, Vars};
use serde_json::json;
use std::process::Output;

/// Signs in with the password and these arguments.
async fn login(line: &CommandLine, user: &User, more: &[&str]) -> Output {
    let args = ["login", "--username", &user.username, "--password-stdin"];
    line.run_with_input(&[&args[..], more].concat(), PASSWORD)
        .await
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
#[ignore = "slow"]
async fn login_of_a_user_with_a_second_factor_takes_a_code() {
    let app = App::isolated(Vars::new());
    // The requests of the command line have the clock of the server, which runs.
    app.run_clock().await;
    let admin = app.super_admin("ada").await;
    let authenticator = admin.add_totp().await;
    let recovery = admin.add_recovery_codes(1).await.remove(0);
    let line = app.command_line_with(None).await;
    let output = login(&line, &admin, &[]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(
        error(&output),
        "error: missing code of the second factor: there is no terminal to ask for it; use --code\n"
    );
    let wrong = authenticator.wrong_code().await;
    app.shift_server_clock(60).await;
    let output = login(&line, &admin, &["--code", &wrong]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(error(&output), "error: 401 Unauthorized: Invalid code\n");
    assert!(!line.credentials().exists());
    assert_eq!(sessions(&admin).await, (0, 0));
    for (seconds, code) in [(120, None), (180, Some(recovery.to_uppercase()))] {
        app.shift_server_clock(seconds).await;
        let code = match code {
            Some(code) => code,
            None => authenticator.code().await,
        };
        let output = login(&line, &admin, &["--code", &code]).await;
        assert!(output.status.success(), "{output:?}");
        line.succeed(&["user", "list"]).await;
    }
    assert_eq!(sessions(&admin).await, (2, 1));
    let listed = line.json(&["session", "list", &admin.username]).await;
    assert_eq!(listed[0]["factor"], "recovery_code");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn command_that_signs_in_by_itself_takes_a_code() {
    let app = App::isolated(Vars::new());
    app.run_clock().await;
    let (admin, bob) = (app.super_admin("ada").await, app.user("bob").await);
    let authenticator = admin.add_totp().await;
    let line = app.command_line_with(None).await;
    let code = authenticator.code().await;
    let args = ["user", "disable", &bob.username, "--yes"];
    let sign_in = [
        "--username",
        &admin.username,
        "--password-stdin",
        "--code",
        &code,
    ];
    let output = line
        .run_with_input(&[&args[..], &sign_in].concat(), PASSWORD)
        .await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 0);
    assert_eq!(sessions(&admin).await, (1, 0));
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn factor_that_only_a_browser_can_use_is_explained() {
    let app = App::isolated(Vars::new().set("MFA_POLICY", "admins"));
    let origin = app.server().origin();
    let line = app.command_line_with(None).await;
    let (ada, bea) = (app.admin("ada").await, app.admin("bea").await);
    ada.add_passkey_row().await;
    for (user, text) in [
        (
            &ada,
            "error: your only second factor is a passkey, which the command line cannot use; sign in at ",
        ),
        (
            &bea,
            "error: the service demands a second factor, and you have none; add one at ",
        ),
    ] {
        let output = login(&line, user, &["--code", "123456"]).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let printed = error(&output);
        assert!(
            printed.starts_with(&format!("{text}{origin}/sign-in")),
            "{printed}"
        );
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn change_takes_a_code_if_the_user_has_a_second_factor() {
    let app = App::isolated(Vars::new());
    let (admin, bob) = (app.super_admin("ada").await, app.user("bob").await);
    app.run_clock().await;
    let line = signed_in(&app, &admin).await;
    let authenticator = admin.add_totp().await;
    let args = ["user", "disable", &bob.username, "--yes"];
    // The password is not enough, although the sign-in was a moment ago.
    let with_password = [&args[..], &["--password-stdin"]].concat();
    let output = line.run_with_input(&with_password, PASSWORD).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(error(&output).contains("use --code"), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 1);
    let code = authenticator.code().await;
    line.succeed(&[&args[..], &["--code", &code]].concat())
        .await;
    assert_eq!(bob.row("is_active").await["is_active"], 0);
    // From now on, no code is needed.
    line.succeed(&["user", "enable", &bob.username]).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn change_of_a_user_with_a_passkey_only_is_made_in_the_console() {
    let app = App::isolated(Vars::new());
    let (admin, bob) = (app.super_admin("ada").await, app.user("bob").await);
    let line = signed_in(&app, &admin).await;
    admin.add_passkey_row().await;
    let error = line
        .fail(1, &["user", "disable", &bob.username, "--yes"])
        .await;
    let end = format!("use the console at {}/admin\n", app.server().origin());
    assert!(error.ends_with(&end), "{error}");
}

#[tokio::test]
#[ignore = "slow"]
async fn second_factors_of_a_user_are_shown_and_reset() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let ada = app.user("ada").await;
    let name = ada.username.as_str();
    assert_eq!(
        line.succeed(&["user", "factors", name]).await,
        "No second factor.\n"
    );
    ada.add_totp().await;
    ada.add_passkey_row().await;
    ada.add_recovery_codes(2).await;
    let shown = line.json(&["user", "factors", name]).await;
    assert_eq!(shown["recovery_codes"]["remaining"], 2);
    let shown = line.succeed(&["user", "factors", name]).await;
    assert!(
        shown.contains("\nrecovery codes  -     ") && shown.contains("2 unused"),
        "{shown}"
    );
    let listed = line.json(&["user", "show", name]).await;
    assert_eq!(listed["has_factor"], true);
    let error = line.fail(2, &["user", "reset-factors", name]).await;
    let statement = format!(
        "This removes all second factors of user {name}: passkeys: 1, one-time codes, unused recovery codes: 2. It also revokes all \
         sessions: 0 at the moment. The password stays.\n"
    );
    assert!(error.starts_with(&statement), "{error}");
    assert_eq!(ada.row("has_factor").await["has_factor"], 1);
    let reset = line.json(&["user", "reset-factors", name, "--yes"]).await;
    assert_eq!(reset["revoked_sessions"], json!(0));
    assert_eq!(ada.row("has_factor").await["has_factor"], 0);
    ada.update("password_hash = NULL").await;
    let printed = line
        .succeed(&["user", "reset-factors", name, "--yes"])
        .await;
    assert_eq!(
        printed,
        format!(
            "Second factors of user {name} removed; sessions revoked: 0.\n\
             The user has no password. Send a link that sets one with `cargo xtask user reset-password`.\n"
        )
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn own_factors_are_not_reset_by_administration() {
    let app = App::isolated(Vars::new());
    let admin = app.super_admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let error = line
        .fail(1, &["user", "reset-factors", &admin.username])
        .await;
    assert_eq!(
        error,
        "error: your own second factors are changed on the page /account\n"
    );
}
